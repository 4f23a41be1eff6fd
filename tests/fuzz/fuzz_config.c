/* SPDX-License-Identifier: Apache-2.0 */
/* dmsc.conf: written by people, and by programs that people wrote. */
#include <assert.h>
#include <dmsc/bridge.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_told(const struct dmsc_diag *d)
{
    assert(d->err == DMSC_E_CONFIG);
    assert(d->what[0] != '\0' && d->where[0] != '\0' && d->why[0] != '\0');
    assert(strncmp(d->reason, "config:", 7) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dmsc_config config = DMSC_CONFIG_INIT;
    char path[] = "/tmp/dmsc-fuzz-config-XXXXXX";
    int fd = mkstemp(path);
    struct dmsc_ctx *ctx = NULL;

    if (fd < 0)
        return 0;
    if (write(fd, data, size) == (ssize_t)size && dmsc_ctx_new(NULL, &ctx) == DMSC_OK) {
        if (dmsc_config_load(ctx, path, &config) != DMSC_OK) {
            must_be_told(dmsc_diag_get(ctx));
        } else {
            assert(config.issuer_key_count <= 16 && config.resolve_count <= 16);
            assert(config.timeout_ms <= 3600000);
            /* A file of the configuration is never one of where we stand. */
            assert(config.store == NULL || config.store[0] == '/');
            for (size_t i = 0; i < config.issuer_key_count; i++)
                assert(config.issuer_keys[i][0] == '/');
        }
        dmsc_config_clear(&config);
        dmsc_ctx_free(ctx);
    }
    (void)close(fd);
    (void)unlink(path);
    return 0;
}
