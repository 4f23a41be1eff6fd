/* SPDX-License-Identifier: Apache-2.0 */
/* Applications by certificate: proof of possession, whom the card's certificates admit, and which
 * of them an application is given. */
#include "host/app/private.h"
#include "host/credential/cert.h"
#include <dmsc/cert.h>
#include <dmsc/secret.h>
#include <string.h>

enum dmsc_err dmsc_app_challenge(struct dmsc_apps *apps, uint8_t ret_nonce[DMSC_APP_NONCE_SIZE])
{
    enum dmsc_err err = dmsci_random(apps->ctx, apps->nonce, sizeof(apps->nonce));

    apps->nonce_fresh = err == DMSC_OK;
    if (err == DMSC_OK)
        dmsci_copy(ret_nonce, apps->nonce, sizeof(apps->nonce));
    return err;
}

static enum dmsc_err check_proof(struct dmsc_apps *apps, const char *name,
                                 struct dmsc_bytes certificate, struct dmsc_bytes signature)
{
    struct dmsc_buf message, spki;
    enum dmsc_err err;

    dmsc_buf_init(&message, apps->ctx, 256);
    dmsc_buf_init(&spki, apps->ctx, 1024);
    err = dmsci_buf_printf(&message, "dmsc-app%c%s%c", 0, name, 0);
    if (err == DMSC_OK)
        err = dmsc_buf_append(&message, dmsc_bytes(apps->nonce, sizeof(apps->nonce)));
    if (err == DMSC_OK)
        err = dmsci_spki_load(apps->ctx, certificate, &spki);
    if (err == DMSC_OK)
        err = dmsci_ecdsa_verify(apps->ctx, dmsc_buf_bytes(&spki), dmsc_buf_bytes(&message),
                                 signature);
    dmsc_buf_clear(&message);
    dmsc_buf_clear(&spki);
    return err;
}

/* Whether rules of the device name the application, and one of them this certificate. */
static bool ruled(const struct dmsc_apps *apps, const char *name, struct dmsc_bytes certificate,
                  bool *ret_known)
{
    bool admitted = false;

    *ret_known = false;
    for (size_t i = 0; i < apps->rule_count; i++) {
        const struct dmsci_app_rule *rule = &apps->rules[i];

        if (strcmp(rule->name, name) != 0)
            continue;
        *ret_known = true;
        admitted = admitted || (rule->certificate != NULL &&
                                dmsc_bytes_equal(dmsc_bytes(rule->certificate, rule->certificate_n),
                                                 certificate));
    }
    return admitted;
}

#define RANK_ISSUER -1
#define RANK_NONE   256

/* Who speaks for the application: the best of those that provisioned a certificate for it. */
struct claim {
    const struct dmsc_ma_list *list;
    const char *subject;
    const uint8_t *sha256;
    bool ruled;   /* the device's own rules name it: the issuer alone may add to them */
    int rank;     /* of the best so far: its priority in the MA list, the issuer before all */
    char ma[128]; /* its ServerID */
    bool tied;    /* another one of the same rank claims it too: nobody is believed */
    bool match;   /* the certificate is one of the best's */
};

static int rank_of(const struct claim *claim, const char *server_id)
{
    const struct dmsc_ma *ma = dmsc_ma_list_by_server_id(claim->list, server_id);

    if (server_id[0] == '\0')
        return RANK_ISSUER;
    return ma == NULL || claim->ruled ? RANK_NONE : ma->priority;
}

/* A scope of "*" is about use; who an application is has to be said by name. */
static bool names(const struct dmsc_cert *cert, const char *subject)
{
    for (size_t i = 0; i < cert->scope_count; i++) {
        if (strcmp(cert->scope[i], subject) == 0)
            return true;
    }
    return false;
}

static bool weigh(void *user, const struct dmsc_cert *cert)
{
    struct claim *claim = user;
    int rank = rank_of(claim, cert->ma);
    bool match = dmsc_bytes_equal(dmsc_bytes(cert->sha256, 32), dmsc_bytes(claim->sha256, 32));

    if (rank == RANK_NONE || rank > claim->rank || !names(cert, claim->subject))
        return true;
    if (rank < claim->rank) {
        claim->rank = rank;
        claim->tied = claim->match = false;
        dmsci_copy(claim->ma, cert->ma, strlen(cert->ma) + 1);
    }
    if (strcmp(claim->ma, cert->ma) != 0)
        claim->tied = true;
    claim->match = claim->match || match;
    return true;
}

enum dmsc_err dmsci_app_provisioned(struct dmsc_apps *apps, const char *subject,
                                    const uint8_t sha256[32], struct dmsc_now now, bool *ret_known,
                                    bool *ret_admitted)
{
    const struct dmsc_cert_query query = { .usage = "app", .consumer = subject };
    struct claim claim = { .list = dmsc_authority_list(apps->authority),
                           .subject = subject,
                           .sha256 = sha256,
                           .rank = RANK_NONE };
    enum dmsc_err err;

    *ret_admitted = *ret_known = false;
    if (apps->clock == NULL)
        return DMSC_OK;
    (void)ruled(apps, subject + sizeof("local:") - 1, dmsc_bytes(NULL, 0), &claim.ruled);
    err = dmsc_certs_each(apps->tree, &query, now, weigh, &claim);
    *ret_known = claim.rank != RANK_NONE;
    *ret_admitted = err == DMSC_OK && claim.match && !claim.tied;
    return err;
}

void dmsc_apps_trust_card(struct dmsc_apps *apps, struct dmsc_now (*clock)(void *user), void *user)
{
    apps->clock = clock;
    apps->clock_user = user;
}

/* @param ret_by_card the card admits it, and no rule of the device */
static enum dmsc_err admitted(struct dmsc_apps *apps, const char *name,
                              struct dmsc_bytes certificate, uint8_t ret_sha256[32],
                              bool *ret_by_card)
{
    char subject[DMSCI_APP_NAME + 8];
    bool known = false, provisioned = false, by_card = false;
    bool by_rule = ruled(apps, name, certificate, &known);
    enum dmsc_err err = DMSC_OK;

    *ret_by_card = false;
    if (!by_rule && apps->clock != NULL && dmsci_app_good_name(name)) {
        dmsci_app_subject_text(name, subject);
        err = dmsci_sha256(apps->ctx, certificate, ret_sha256);
        if (err == DMSC_OK)
            err = dmsci_app_provisioned(apps, subject, ret_sha256, apps->clock(apps->clock_user),
                                        &provisioned, &by_card);
    }
    if (err != DMSC_OK)
        return err;
    if (!known && !provisioned)
        return dmsci_app_not_opened(apps, name, "app:unknown", "no rule names it");
    if (!by_rule && !by_card)
        return dmsci_app_not_opened(apps, name, "app:certificate",
                                    "the certificate is not provisioned for it");
    *ret_by_card = by_card;
    return DMSC_OK;
}

enum dmsc_err dmsc_app_open_certificate(struct dmsc_apps *apps, const char *name,
                                        struct dmsc_bytes certificate, struct dmsc_bytes signature,
                                        struct dmsc_app **ret_app)
{
    bool fresh = apps->nonce_fresh, by_card = false;
    uint8_t sha256[32] = { 0 };
    struct dmsc_app *app = NULL;
    enum dmsc_err err;

    apps->nonce_fresh = false; /* one try */
    err = admitted(apps, name, certificate, sha256, &by_card);
    if (err != DMSC_OK)
        return err;
    if (!fresh)
        return dmsci_app_not_opened(apps, name, "app:challenge", "no nonce was asked for");
    err = check_proof(apps, name, certificate, signature);
    if (err == DMSC_E_NOMEM)
        return err;
    if (err != DMSC_OK)
        return dmsci_app_not_opened(apps, name, "app:proof",
                                    "the signature is not by the certificate's key");
    err = dmsci_app_make(apps, name, &app);
    if (err != DMSC_OK)
        return err;
    app->by_card = by_card;
    dmsci_copy(app->certificate_sha256, sha256, sizeof(sha256));
    *ret_app = app;
    return DMSC_OK;
}

enum dmsc_err dmsci_app_still(struct dmsc_app *app, struct dmsc_now now)
{
    bool known = false, still = true;
    enum dmsc_err err = DMSC_OK;

    if (app->by_card)
        err = dmsci_app_provisioned(app->apps, app->subject, app->certificate_sha256, now, &known,
                                    &still);
    if (err == DMSC_OK && !still)
        err = dmsci_app_refuse(app->apps->ctx, DMSC_E_REFUSED, "go on as an application",
                               app->subject, "app:withdrawn", "its certificate is in use no more");
    return err;
}

enum dmsc_err dmsc_app_certificates(struct dmsc_app *app, const char *usage, struct dmsc_now now,
                                    bool (*cert)(void *user, const struct dmsc_cert *cert),
                                    void *user)
{
    const struct dmsc_cert_query query = { .usage = usage, .consumer = app->subject };
    enum dmsc_err err = dmsci_app_still(app, now);

    return err != DMSC_OK ? err : dmsc_certs_each(app->apps->tree, &query, now, cert, user);
}
