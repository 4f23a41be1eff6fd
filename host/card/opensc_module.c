/* SPDX-License-Identifier: Apache-2.0 */
/* The card driver as a module of everybody's OpenSC: named in an opensc.conf, loaded by release. */
#include <libopensc/opensc.h>

void dmsci_opensc_driver_init(struct sc_card_driver *driver, struct sc_card_operations *ops);

/* What OpenSC looks up by name. */
__attribute__((visibility("default"))) void *sc_module_init(const char *name);
__attribute__((visibility("default"))) const char *sc_driver_version(void);

static struct sc_card_driver *get_driver(void)
{
    /* OpenSC writes into it and keeps it for as long as the module is loaded. */
    static struct sc_card_operations ops;
    static struct sc_card_driver driver;

    dmsci_opensc_driver_init(&driver, &ops);
    return &driver;
}

void *sc_module_init(const char *name)
{
    /* ISO C has no way from a function pointer to void *; POSIX (dlsym) promises one. */
    union {
        struct sc_card_driver *(*function)(void);
        void *pointer;
    } get = { get_driver };

    (void)name;
    return get.pointer;
}

const char *sc_driver_version(void)
{
    return DMSC_OPENSC_VERSION;
}
