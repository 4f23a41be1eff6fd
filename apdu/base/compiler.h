/* SPDX-License-Identifier: Apache-2.0 */
/* The only home of compiler extensions (style.md): everything else is plain C11. */
#ifndef DMSCI_COMPILER_H
#define DMSCI_COMPILER_H

#if defined(__GNUC__) || defined(__clang__)
#define DMSCI_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define DMSCI_UNUSED            __attribute__((unused))
#define DMSCI_RARE              __attribute__((noinline, cold))
#else
#define DMSCI_PRINTF(fmt, args)
#define DMSCI_UNUSED
#define DMSCI_RARE
#endif

#define DMSCI_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
