/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/authority/fixture.h"
#include "tests/support/test.h"
#include <dmsc/ctx.h>
#include <dmsc/grant.h>
#include <dmsc/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_CHARS 512

enum dmsc_err fixture_open(struct fixture *f)
{
    enum dmsc_err err = dmsc_store_open(f->ctx, NULL, &f->store);

    if (err == DMSC_OK)
        err = dmsc_tree_open(f->ctx, f->store, NULL, &f->tree);
    return err == DMSC_OK ? dmsc_authority_new(f->ctx, f->tree, &f->authority) : err;
}

struct fixture fixture_begin(struct dmsc_ctx *ctx)
{
    struct fixture f = { .ctx = ctx };

    assert_int_equal(fixture_open(&f), DMSC_OK);
    return f;
}

void fixture_end(struct fixture *f)
{
    dmsc_authority_free(f->authority);
    dmsc_tree_close(f->tree);
    dmsc_store_close(f->store);
}

/* Cut at spaces; the words are in @p copy. */
static size_t words_of(const char *line, char copy[LINE_MAX_CHARS], char *words[], size_t max)
{
    size_t count = 0;

    assert_true(strlen(line) < LINE_MAX_CHARS);
    (void)strcpy(copy, line);
    for (char *word = strtok(copy, " \n"); word != NULL; word = strtok(NULL, " \n")) {
        assert_true(count < max);
        words[count++] = word;
    }
    return count;
}

/* What stands behind "key=", NULL when it is another word. */
static const char *value_of(const char *word, const char *key)
{
    size_t n = strlen(key);

    return strncmp(word, key, n) == 0 && word[n] == '=' ? word + n + 1 : NULL;
}

static uint8_t access_of(const char *letters)
{
    static const char order[] = "ADEGRC";
    unsigned access = 0;

    for (; *letters != '\0'; letters++) {
        const char *at = strchr(order, *letters);

        assert_non_null(at);
        access |= 1u << (at - order);
    }
    return (uint8_t)access;
}

void fixture_node(struct fixture *f, const char *line)
{
    struct dmsc_node_spec spec = DMSC_NODE_SPEC_INIT;
    char copy[LINE_MAX_CHARS];
    char *words[8] = { NULL };
    size_t count = words_of(line, copy, words, 8);

    assert_true(count >= 2);
    assert_true(dmsc_format_by_name(words[1], &spec.format));
    for (size_t i = 2; i < count; i++) {
        if (value_of(words[i], "type") != NULL)
            spec.type = value_of(words[i], "type");
        else if (value_of(words[i], "acl") != NULL)
            spec.acl = value_of(words[i], "acl");
        else if (value_of(words[i], "access") != NULL)
            spec.access = access_of(value_of(words[i], "access"));
        else if (value_of(words[i], "value") != NULL)
            spec.value = dmsc_bytes_str(value_of(words[i], "value"));
        else if (strcmp(words[i], "secret") == 0)
            spec.flags |= DMSC_NODE_SECRET;
        else
            fail_msg("no property of a node: %s", words[i]);
    }
    assert_int_equal(dmsc_tree_begin(f->tree, "test", 1), DMSC_OK);
    if (strcmp(words[0], ".") == 0)
        assert_int_equal(dmsc_tree_set_acl(f->tree, ".", spec.acl), DMSC_OK);
    else
        assert_int_equal(dmsc_tree_add(f->tree, words[0], &spec), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(f->tree), DMSC_OK);
}

static char *copy_of(const char *text)
{
    char *copy = strdup(text);

    assert_non_null(copy);
    return copy;
}

static void *one_more(void *array, size_t count, size_t size)
{
    uint8_t *grown = realloc(array, (count + 1) * size);

    assert_non_null(grown);
    memset(grown + count * size, 0, size);
    return grown;
}

/* "cert:5A": 32 times 5A. */
static void add_pin(struct dmsc_ma *ma, const char *text)
{
    static const struct {
        const char *name;
        enum dmsc_pin_kind kind;
    } kinds[] = { { "cert:", DMSC_PIN_CERT },
                  { "spki:", DMSC_PIN_SPKI },
                  { "ca:", DMSC_PIN_CA_SPKI },
                  { "psk:", DMSC_PIN_PSK } };

    ma->pins = one_more(ma->pins, ma->pin_count, sizeof(*ma->pins));
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(kinds); i++) {
        size_t n = strlen(kinds[i].name);
        struct dmsc_ma_pin *pin = &ma->pins[ma->pin_count];

        if (strncmp(text, kinds[i].name, n) != 0)
            continue;
        pin->kind = kinds[i].kind;
        if (pin->kind == DMSC_PIN_PSK)
            pin->psk_record = (uint8_t)strtoul(text + n, NULL, 16);
        else
            memset(pin->sha256, (int)strtoul(text + n, NULL, 16), sizeof(pin->sha256));
        ma->pin_count++;
        return;
    }
    fail_msg("no pin: %s", text);
}

/* "03,./DMAcc,003F" */
static void add_scope(struct dmsc_ma *ma, const char *text)
{
    char type[64], path[128];
    struct dmsc_ma_scope *scope;
    unsigned rights;

    if (sscanf(text, "%63[^,],%127[^,],%x", type, path, &rights) != 3)
        fail_msg("no scope: %s", text);
    ma->scopes = one_more(ma->scopes, ma->scope_count, sizeof(*ma->scopes));
    scope = &ma->scopes[ma->scope_count++];
    if (strncmp(type, "urn:", 4) == 0) {
        scope->type = DMSC_MO_URN;
        scope->urn = copy_of(type);
    } else {
        scope->type = (enum dmsc_mo_type)strtoul(type, NULL, 16);
    }
    scope->path = copy_of(path);
    scope->rights = (uint16_t)rights;
}

static void add_server(struct dmsc_ma *ma, const char *text)
{
    ma->server_ids = one_more(ma->server_ids, ma->server_id_count, sizeof(*ma->server_ids));
    ma->server_ids[ma->server_id_count++] = copy_of(text);
}

static void set_validity(struct dmsc_ma *ma, const char *text)
{
    char *end;

    ma->not_before = (uint32_t)strtoul(text, &end, 0);
    assert_int_equal(*end, '-');
    ma->not_after = (uint32_t)strtoul(end + 1, &end, 0);
    assert_int_equal(*end, '\0');
}

static void set_delegation(struct dmsc_ma *ma, const char *text)
{
    unsigned from, depth;

    assert_int_equal(sscanf(text, "%u:%u", &from, &depth), 2);
    ma->delegated = true;
    ma->delegated_by = (uint8_t)from;
    ma->delegation_depth = (uint8_t)depth;
}

static void set_flags(struct dmsc_ma *ma, const char *text)
{
    ma->flags = 0;
    for (; *text != '\0'; text++) {
        assert_true(*text == 'e' || *text == 'd');
        ma->flags |= *text == 'e' ? DMSC_MA_ENABLED : DMSC_MA_DENY;
    }
}

static void set_number(struct dmsc_ma *ma, const char *text)
{
    ma->id = (uint8_t)strtoul(text, NULL, 10);
}

static void set_priority(struct dmsc_ma *ma, const char *text)
{
    ma->priority = (uint8_t)strtoul(text, NULL, 10);
}

static void set_host(struct dmsc_ma *ma, const char *text)
{
    free(ma->authority);
    ma->authority = copy_of(text);
}

static const struct {
    const char *key;
    void (*set)(struct dmsc_ma *ma, const char *text);
} properties[] = {
    { "id", set_number },       { "server", add_server }, { "pin", add_pin },
    { "scope", add_scope },     { "prio", set_priority }, { "valid", set_validity },
    { "from", set_delegation }, { "flags", set_flags },   { "host", set_host },
};

static void set_property(struct dmsc_ma *ma, const char *word)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(properties); i++) {
        const char *value = value_of(word, properties[i].key);

        if (value == NULL)
            continue;
        properties[i].set(ma, value);
        return;
    }
    fail_msg("no property of an entry: %s", word);
}

void fixture_ma(struct dmsc_ma_list *list, const char *line)
{
    char copy[LINE_MAX_CHARS], name[16];
    char *words[16] = { NULL };
    size_t count = words_of(line, copy, words, 16);
    bool pinless = false;
    struct dmsc_ma *ma;

    list->entries = one_more(list->entries, list->count, sizeof(*list->entries));
    ma = &list->entries[list->count++];
    ma->flags = DMSC_MA_ENABLED;
    ma->not_after = UINT32_MAX;
    ma->authority = copy_of("dm.a.example");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], "pin=none") == 0)
            pinless = true;
        else
            set_property(ma, words[i]);
    }
    if (ma->pin_count == 0 && !pinless)
        add_pin(ma, "cert:11");
    (void)snprintf(name, sizeof(name), "entry %u", ma->id);
    ma->name = copy_of(name);
}

void fixture_free_list(struct dmsc_ma_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct dmsc_ma *ma = &list->entries[i];

        for (size_t k = 0; k < ma->server_id_count; k++)
            free(ma->server_ids[k]);
        for (size_t k = 0; k < ma->scope_count; k++) {
            free(ma->scopes[k].urn);
            free(ma->scopes[k].path);
        }
        free(ma->server_ids);
        free(ma->pins);
        free(ma->scopes);
        free(ma->name);
        free(ma->authority);
    }
    free(list->entries);
    *list = (struct dmsc_ma_list)DMSC_MA_LIST_INIT;
}

static const struct {
    const char *name;
    enum dmsc_right right;
} rights[] = {
    { "get", DMSC_RIGHT_GET },
    { "add", DMSC_RIGHT_ADD },
    { "replace", DMSC_RIGHT_REPLACE },
    { "delete", DMSC_RIGHT_DELETE },
    { "exec", DMSC_RIGHT_EXEC },
    { "copy", DMSC_RIGHT_COPY },
    { "acl", DMSC_RIGHT_ACL },
    { "bootstrap", DMSC_RIGHT_BOOTSTRAP },
    { "writeback", DMSC_RIGHT_WRITE_BACK },
    { "firmware", DMSC_RIGHT_FIRMWARE },
    { "delegate", DMSC_RIGHT_DELEGATE },
};

static struct dmsc_now clock_of(const char *text)
{
    char *end;
    struct dmsc_now now = { strtoll(text, &end, 10), true };

    if (*end == '?') {
        now.trusted = false;
        end++;
    }
    assert_true(end != text && *end == '\0');
    return now;
}

/* "cert=11,spki=22,ca=33,ca=44" */
static struct dmsc_verdict ask_peer(struct fixture *f, const struct question *question,
                                    const char *proofs)
{
    uint8_t ca[8][32];
    struct dmsc_peer peer = { .host = question->node, .ca_spki_sha256 = (const uint8_t(*)[32])ca };
    char copy[64];

    (void)snprintf(copy, sizeof(copy), "%s", proofs);
    for (char *word = strtok(copy, ","); word != NULL; word = strtok(NULL, ",")) {
        const char *value = strchr(word, '=');
        int byte;

        assert_non_null(value);
        byte = (int)strtoul(value + 1, NULL, 16);
        if (value_of(word, "cert") != NULL)
            memset(peer.cert_sha256, byte, 32);
        else if (value_of(word, "spki") != NULL)
            memset(peer.spki_sha256, byte, 32);
        else if (value_of(word, "ca") != NULL && peer.ca_count < 8)
            memset(ca[peer.ca_count++], byte, 32);
        else
            fail_msg("no proof: %s", word);
    }
    return dmsc_authority_admit_peer(f->authority, question->subject, &peer,
                                     clock_of(question->clock));
}

void fixture_who(const char *text, struct who *ret_who)
{
    struct dmsc_subject *subject = &ret_who->subject;
    char *at;

    *ret_who = (struct who){ .subject = { .kind = DMSC_SUBJECT_MA } };
    (void)snprintf(ret_who->text, sizeof(ret_who->text), "%s", text);
    subject->server_id = ret_who->text;
    if (text[0] == '@') {
        subject->kind = strcmp(text, "@card") == 0 ? DMSC_SUBJECT_CARD : DMSC_SUBJECT_LOCAL;
        subject->server_id = NULL;
        return;
    }
    if (strncmp(text, "local:", 6) == 0)
        subject->kind = DMSC_SUBJECT_APP;
    at = strchr(ret_who->text, '@');
    if (at != NULL) { /* an application of an environment */
        subject->environment = at + 1;
        *at = '\0';
    }
    at = strchr(ret_who->text, '#');
    if (at != NULL) {
        subject->session = (uint32_t)strtoul(at + 1, NULL, 10);
        *at = '\0';
    }
    at = strchr(ret_who->text, '=');
    if (at != NULL) {
        size_t n = 0;

        *at = '\0';
        subject->moids = ret_who->moids;
        for (char *word = strtok(at + 1, ","); word != NULL && n < 7; word = strtok(NULL, ","))
            ret_who->moids[n++] = word;
    }
    at = strstr(ret_who->text, "/2");
    if (at != NULL) {
        subject->rules = DMSC_RULES_DACMO;
        *at = '\0';
    }
    at = strchr(ret_who->text, '+');
    if (at != NULL) { /* ServerID+entry that admitted it */
        subject->ma_id = (uint8_t)strtoul(at + 1, NULL, 10);
        *at = '\0';
    }
}

static const struct dmsc_now at_100 = { 100, true };

/* WHO INSTANCE */
void fixture_own(struct fixture *f, const char *line)
{
    char copy[LINE_MAX_CHARS];
    char *words[4] = { NULL };
    struct who who;

    assert_int_equal(words_of(line, copy, words, 4), 2);
    fixture_who(words[0], &who);
    assert_int_equal(dmsc_tree_begin(f->tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_grant_created(f->authority, &who.subject, words[1]), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(f->tree), DMSC_OK);
}

static uint8_t grant_rights(const char *letters)
{
    static const char all[] = "RWXD";
    uint8_t bits = 0;

    for (; *letters != '\0'; letters++) {
        const char *at = strchr(all, *letters);

        assert_non_null(at);
        bits |= (uint8_t)(1u << (at - all));
    }
    return bits;
}

/* BY INSTANCE TO rights=RWXD [from=N] [until=N] [sessions=N] [prio=N] */
enum dmsc_err fixture_grant(struct fixture *f, const char *line)
{
    struct dmsc_grant grant = DMSC_GRANT_INIT;
    char copy[LINE_MAX_CHARS];
    char *words[10] = { NULL };
    size_t count = words_of(line, copy, words, 10);
    struct who by;
    enum dmsc_err err;

    assert_true(count >= 3);
    fixture_who(words[0], &by);
    grant.server_id = words[2];
    for (size_t i = 3; i < count; i++) {
        const char *value = strchr(words[i], '=');

        assert_non_null(value);
        value++;
        if (value_of(words[i], "rights") != NULL)
            grant.rights = grant_rights(value);
        else if (value_of(words[i], "from") != NULL)
            grant.not_before = strtoll(value, NULL, 10);
        else if (value_of(words[i], "until") != NULL)
            grant.not_after = strtoll(value, NULL, 10);
        else if (value_of(words[i], "sessions") != NULL)
            grant.sessions = (uint32_t)strtoul(value, NULL, 10);
        else if (value_of(words[i], "prio") != NULL)
            grant.priority = (uint8_t)strtoul(value, NULL, 10);
        else
            fail_msg("no property of a grant: %s", words[i]);
    }
    assert_int_equal(dmsc_tree_begin(f->tree, "test", 100), DMSC_OK);
    err = dmsc_grant_give(f->authority, &by.subject, words[1], &grant, at_100);
    if (err == DMSC_OK)
        assert_int_equal(dmsc_tree_commit(f->tree), DMSC_OK);
    else
        dmsc_tree_rollback(f->tree);
    return err;
}

/* WHO URI */
void fixture_wrote(struct fixture *f, const char *line)
{
    char copy[LINE_MAX_CHARS];
    char *words[4] = { NULL };
    struct who who;

    assert_int_equal(words_of(line, copy, words, 4), 2);
    fixture_who(words[0], &who);
    assert_int_equal(dmsc_tree_begin(f->tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_authority_wrote(f->authority, &who.subject, words[1], at_100), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(f->tree), DMSC_OK);
}

void fixture_forget(struct fixture *f)
{
    assert_int_equal(dmsc_tree_begin(f->tree, "test", 100), DMSC_OK);
    assert_int_equal(dmsc_authority_deleting(f->authority, "."), DMSC_OK);
    assert_int_equal(dmsc_tree_commit(f->tree), DMSC_OK);
}

struct dmsc_verdict fixture_ask(struct fixture *f, const struct question *question)
{
    struct dmsc_question q = DMSC_QUESTION_INIT;
    struct dmsc_now now = clock_of(question->clock);
    size_t n = strcspn(question->right, ":");
    struct who who;

    fixture_who(question->subject, &who);
    if (strcmp(question->right, "admit") == 0)
        return dmsc_authority_admit(f->authority, question->subject, now);
    if (strncmp(question->right, "peer:", 5) == 0)
        return ask_peer(f, question, question->right + 5);
    q.uri = question->node;
    q.new_mo = question->right[n] == ':' ? question->right + n + 1 : NULL;
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rights); i++) {
        if (strlen(rights[i].name) == n && strncmp(rights[i].name, question->right, n) == 0) {
            q.right = rights[i].right;
            return dmsc_authority_ask(f->authority, &who.subject, &q, now);
        }
    }
    fail_msg("no right: %s", question->right);
    return (struct dmsc_verdict){ .reason = DMSC_REFUSED_ERROR };
}
