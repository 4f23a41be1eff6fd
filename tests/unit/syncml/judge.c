/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/syncml/judge.h"
#include "tests/support/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* OMA-SUP-DTD_SyncML_RepPro-V1_2 and the meta DTD: children in order; "*" may be repeated, "+" must
 * be there, "|" begins a group of which any may come in any order. */
static const struct model {
    const char *name;
    const char *children;
} models[] = {
    { "SyncML", "SyncHdr+ SyncBody+" },
    { "SyncHdr", "VerDTD+ VerProto+ SessionID+ MsgID+ Target+ Source+ RespURI NoResp Cred Meta" },
    { "SyncBody", "|Alert Atomic Copy Exec Get Results Sequence Status Add Replace Delete| Final" },
    { "Target", "LocURI+ LocName Filter" },
    { "Source", "LocURI+ LocName" },
    { "Cred", "Meta Data+" },
    { "Chal", "Meta+" },
    { "Item", "Target Source SourceParent TargetParent Meta Data MoreData" },
    { "Add", "CmdID+ NoResp Cred Meta Item+*" },
    { "Replace", "CmdID+ NoResp Cred Meta Item+*" },
    { "Copy", "CmdID+ NoResp Cred Meta Item+*" },
    { "Delete", "CmdID+ NoResp Archive SftDel Cred Meta Item+*" },
    { "Get", "CmdID+ NoResp Lang Cred Meta Item+*" },
    { "Exec", "CmdID+ NoResp Cred Meta Correlator Item+" },
    { "Alert", "CmdID+ NoResp Cred Data Correlator Item*" },
    { "Atomic", "CmdID+ NoResp Meta |Add Replace Delete Copy Atomic Exec Get Sequence Alert|" },
    { "Sequence", "CmdID+ NoResp Meta |Add Replace Delete Copy Atomic Exec Get Alert|" },
    { "Results", "CmdID+ MsgRef CmdRef+ Meta TargetRef SourceRef Item+*" },
    { "Status", "CmdID+ MsgRef+ CmdRef+ Cmd+ TargetRef* SourceRef* Cred Chal Data+ Item*" },
    { "Meta", "Format Type Mark Size Anchor Version NextNonce MaxMsgSize MaxObjSize EMI* Mem" },
};

struct level {
    const char *name;
    size_t name_n;
    const char *at; /* where in the model's children we are */
    bool taken;     /* the child there was seen */
};

static const char *model_of(const char *name, size_t n)
{
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        if (strlen(models[i].name) == n && strncmp(models[i].name, name, n) == 0)
            return models[i].children;
    }
    return "";
}

static size_t word(const char *at)
{
    return strcspn(at, " +*|");
}

static bool is(const char *at, const char *name, size_t n)
{
    return word(at) == n && strncmp(at, name, n) == 0;
}

/* In a group: is the name one of it? The group ends at the next "|". */
static bool in_group(const char *at, const char *name, size_t n)
{
    const char *end = strchr(at + 1, '|');

    for (at++; at < end; at += word(at) + 1) {
        if (is(at, name, n))
            return true;
    }
    return false;
}

static const char *next_place(const char *at)
{
    if (*at == '|')
        at = strchr(at + 1, '|') + 1;
    else
        at += strcspn(at, " ");
    return at + strspn(at, " ");
}

/* Must something stand here that did not? */
static bool owed(const struct level *level)
{
    const char *mark = level->at + word(level->at);

    return *level->at != '|' && *level->at != '\0' && *mark == '+' && !level->taken;
}

static void child(struct level *parent, const char *name, size_t n)
{
    while (*parent->at != '\0') {
        bool group = *parent->at == '|';
        const char *mark = parent->at + word(parent->at);
        bool many = group || strncmp(mark, "*", 1) == 0 || strncmp(mark, "+*", 2) == 0;
        bool here = group ? in_group(parent->at, name, n) : is(parent->at, name, n);

        if (here && (many || !parent->taken)) {
            parent->taken = true;
            return;
        }
        if (owed(parent))
            break;
        parent->at = next_place(parent->at);
        parent->taken = false;
    }
    fail_msg("the DTD has no %.*s here in %.*s", (int)n, name, (int)parent->name_n, parent->name);
}

static void leave(struct level *level)
{
    while (*level->at != '\0') {
        if (owed(level))
            fail_msg("%.*s ends without %.*s", (int)level->name_n, level->name,
                     (int)word(level->at), level->at);
        level->at = next_place(level->at);
        level->taken = false;
    }
}

void judge_order(struct dmsc_bytes xml)
{
    struct level levels[16];
    size_t depth = 0;
    const char *at = (const char *)xml.p;

    while ((at = strchr(at, '<')) != NULL) {
        const char *name = at + 1, *end = strchr(at, '>');
        size_t n = strcspn(name, " />");

        assert_non_null(end);
        at = end;
        if (name[0] == '/') {
            assert_true(depth > 0);
            leave(&levels[--depth]);
            continue;
        }
        if (depth > 0)
            child(&levels[depth - 1], name, n);
        if (end[-1] == '/')
            continue;
        assert_true(depth < 16);
        levels[depth++] = (struct level){ name, n, model_of(name, n), false };
    }
    assert_int_equal(depth, 0);
}

bool judge_xmllint(struct dmsc_bytes xml)
{
    FILE *lint;

    if (system("command -v xmllint > /dev/null") != 0)
        return false;
    lint = popen("xmllint --noout --nonet -", "w");
    assert_non_null(lint);
    assert_int_equal(fwrite(xml.p, 1, xml.n, lint), xml.n);
    if (pclose(lint) != 0)
        fail_msg("xmllint refuses %.*s", (int)xml.n, (const char *)xml.p);
    return true;
}
