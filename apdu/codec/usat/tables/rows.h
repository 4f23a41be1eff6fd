/* SPDX-License-Identifier: Apache-2.0 */
/* How the rows of a layout are written. */
#ifndef DMSCI_USAT_ROWS_H
#define DMSCI_USAT_ROWS_H

#include "apdu/codec/usat/table.h"

/* clang-format off */
#define NUMBER(name, size, names)  { name, AS_NUMBER, size, KEEP_NOTHING, names, NULL }
#define BITS(name, size, names)    { name, AS_BITS, size, KEEP_NOTHING, names, NULL }
#define BYTES(name, size)          { name, AS_BYTES, size, KEEP_NOTHING, NULL, NULL }
#define BYTES_AS(name, type)       { name, type, 0, KEEP_NOTHING, NULL, NULL }
#define TEXT(name, type, size)     { name, type, size, KEEP_NOTHING, NULL, NULL }
#define CHOOSE(choices)            { "", AS_CHOICE, 0, KEEP_NOTHING, NULL, choices }
#define AGAIN(rows)                { "", AS_AGAIN, rows, KEEP_NOTHING, NULL, NULL }
#define END                        { NULL, 0, 0, KEEP_NOTHING, NULL, NULL }
/* clang-format on */

#endif
