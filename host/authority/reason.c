/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons and rights by name. */
#include "host/authority/private.h"
#include <string.h>
#include <strings.h>

static const struct {
    enum dmsc_reason reason;
    const char *name, *text;
} reasons[] = {
    { DMSC_ALLOWED, "allowed", "allowed" },
    { DMSC_REFUSED_NO_LIST, "ma:no-list", "no verified MA list is in force" },
    { DMSC_REFUSED_UNLISTED, "ma:unlisted", "the card does not list this authority" },
    { DMSC_REFUSED_DISABLED, "ma:disabled", "the card lists the authority as disabled" },
    { DMSC_REFUSED_DENY_ENTRY, "ma:deny-entry", "a deny entry of the card forbids it" },
    { DMSC_REFUSED_NO_PIN, "ma:no-credential-pin",
      "the entry pins no credential and cannot be used" },
    { DMSC_REFUSED_CLOCK, "ma:clock-untrusted",
      "the entry is bounded in time and the clock is not trusted" },
    { DMSC_REFUSED_NOT_YET, "ma:not-yet-valid", "the entry is not valid yet" },
    { DMSC_REFUSED_EXPIRED, "ma:expired", "the entry has expired" },
    { DMSC_REFUSED_DELEGATION, "ma:delegation", "the delegation behind the entry does not hold" },
    { DMSC_REFUSED_SCOPE, "ma:scope", "no scope of the authority covers the node" },
    { DMSC_REFUSED_RIGHT, "ma:right", "the authority's scope over the node lacks this right" },
    { DMSC_REFUSED_ACL, "acl", "the ACL does not grant it" },
    { DMSC_REFUSED_ACCESS_TYPE, "access-type", "the node's description forbids it to everybody" },
    { DMSC_REFUSED_SECRET, "secret", "the value is a secret and never readable" },
    { DMSC_REFUSED_IDENTITY, "ma:identity",
      "the peer did not prove the credential that the card pins" },
    { DMSC_REFUSED_MOID, "dacmo:moid", "the account does not ask to manage this kind of object" },
    { DMSC_REFUSED_GRANT, "dacmo:grant",
      "neither the owner of the instance nor granted this right to it" },
    { DMSC_REFUSED_GRANT_CLOCK, "dacmo:clock-untrusted",
      "the grant is bounded in time and the clock is not trusted" },
    { DMSC_REFUSED_GRANT_OVER, "dacmo:expired", "the grant is over, or not begun" },
    { DMSC_REFUSED_PRIORITY, "priority",
      "an authority of better priority wrote the instance and may still write it" },
    { DMSC_REFUSED_ENV_DISABLED, "env:disabled", "its environment is disabled" },
    { DMSC_REFUSED_ENV_UNKNOWN, "env:unknown", "it belongs to no environment of the device" },
    { DMSC_REFUSED_ENV_OUTSIDE, "env:outside",
      "an application brings objects in its own environment alone" },
    { DMSC_REFUSED_ERROR, "error", "the decision could not be made" },
};

const char *dmsc_reason_name(enum dmsc_reason reason)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(reasons); i++) {
        if (reasons[i].reason == reason)
            return reasons[i].name;
    }
    return "?";
}

const char *dmsc_reason_text(enum dmsc_reason reason)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(reasons); i++) {
        if (reasons[i].reason == reason)
            return reasons[i].text;
    }
    return "refused for an unknown reason";
}

static const struct {
    enum dmsc_right right;
    const char *name;
} rights[] = {
    { DMSC_RIGHT_GET, "Get" },
    { DMSC_RIGHT_ADD, "Add" },
    { DMSC_RIGHT_REPLACE, "Replace" },
    { DMSC_RIGHT_DELETE, "Delete" },
    { DMSC_RIGHT_EXEC, "Exec" },
    { DMSC_RIGHT_COPY, "Copy" },
    { DMSC_RIGHT_ACL, "ACL" },
    { DMSC_RIGHT_BOOTSTRAP, "Bootstrap" },
    { DMSC_RIGHT_WRITE_BACK, "WriteBack" },
    { DMSC_RIGHT_FIRMWARE, "Firmware" },
    { DMSC_RIGHT_DELEGATE, "Delegate" },
    { DMSC_RIGHT_ALL, "All" },
};

const char *dmsc_right_name(enum dmsc_right right)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rights); i++) {
        if (rights[i].right == right)
            return rights[i].name;
    }
    return "?";
}

bool dmsc_right_by_name(const char *name, enum dmsc_right *ret_right)
{
    for (size_t i = 0; i < DMSCI_ARRAY_LEN(rights); i++) {
        if (strcasecmp(rights[i].name, name) == 0) {
            *ret_right = rights[i].right;
            return true;
        }
    }
    return false;
}
