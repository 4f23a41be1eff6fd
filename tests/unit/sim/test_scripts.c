/* SPDX-License-Identifier: Apache-2.0 */
/* Every command and its status words: tests/vectors/sim_*.txt. */
#include "tests/unit/sim/card.h"

#define SCRIPT(name)                                                                               \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        script_run("sim_" #name ".txt");                                                           \
    }

SCRIPT(select)
SCRIPT(status)
SCRIPT(binary)
SCRIPT(record)
SCRIPT(access)
SCRIPT(pin)
SCRIPT(channel)
SCRIPT(cat)
SCRIPT(t0)
SCRIPT(t1)
SCRIPT(lenient)
SCRIPT(tear)
SCRIPT(fcp)
SCRIPT(example)
SCRIPT(search)
SCRIPT(tlv)
SCRIPT(admin)
SCRIPT(life)
SCRIPT(session)
SCRIPT(forms)
SCRIPT(fault)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select),  cmocka_unit_test(status),  cmocka_unit_test(binary),
        cmocka_unit_test(record),  cmocka_unit_test(access),  cmocka_unit_test(pin),
        cmocka_unit_test(channel), cmocka_unit_test(cat),     cmocka_unit_test(t0),
        cmocka_unit_test(t1),      cmocka_unit_test(lenient), cmocka_unit_test(tear),
        cmocka_unit_test(fcp),     cmocka_unit_test(example), cmocka_unit_test(search),
        cmocka_unit_test(tlv),     cmocka_unit_test(admin),   cmocka_unit_test(life),
        cmocka_unit_test(session), cmocka_unit_test(forms),   cmocka_unit_test(fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
