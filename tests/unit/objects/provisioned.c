/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/objects/provisioned.h"
#include <stdio.h>
#include <string.h>

static enum dmsc_err certificates(
    void *user, bool (*certificate)(void *to, const struct dmsc_code_certificate *one), void *to)
{
    struct provisioned *p = user;

    for (size_t i = 0; i < p->n; i++) {
        const struct dmsc_code_certificate one = { p->all[i].server_id, p->all[i].usage,
                                                   p->all[i].der };

        if (!certificate(to, &one))
            break;
    }
    return DMSC_OK;
}

struct dmsc_code_trust provisioned_begin(struct provisioned *p, const char *text)
{
    int used = 0;
    char file[32], path[96];

    memset(p, 0, sizeof(*p));
    while (*text != '\0' && p->n < 4) {
        assert_int_equal(sscanf(text, "%63s %15s %31[^,]%n", p->all[p->n].server_id,
                                p->all[p->n].usage, file, &used),
                         3);
        (void)snprintf(path, sizeof(path), "tests/vectors/objects/code/%s.crt", file);
        p->all[p->n].der = support_exists(path) ? support_slurp_exact(path)
                                                : support_copy_exact(dmsc_bytes_str("no DER"));
        p->n++;
        text += used;
        text += *text == ',';
    }
    return (struct dmsc_code_trust){ certificates, p };
}

void provisioned_end(struct provisioned *p)
{
    for (size_t i = 0; i < p->n; i++)
        support_free(p->all[i].der);
}

struct dmsc_bytes provisioned_signature(const char *name)
{
    char path[96];

    if (name[0] == '\0')
        return support_copy_exact(dmsc_bytes_str(""));
    (void)snprintf(path, sizeof(path), "tests/vectors/objects/code/%s.sig", name);
    return support_slurp_exact(path);
}
