/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder only: what a line is (line.c), a file (parse.c), a value
 * (value.c). docs/scripts.md has the grammar. */
#ifndef DMSCI_SCRIPT_PRIVATE_H
#define DMSCI_SCRIPT_PRIVATE_H

#include <dmsc/script.h>

/* A number of a slice or a loop: written out, or the value of a buffer. */
struct dmsci_script_number {
    char buffer; /* 0: value counts */
    uint32_t value;
};

/* "(from;count)", "(from:to)", "(from:)": bytes are counted from 1. */
struct dmsci_script_slice {
    bool present;
    bool is_range; /* second is the last byte, else how many */
    bool to_end;
    struct dmsci_script_number first, second;
};

enum dmsci_script_item_kind {
    DMSCI_SCRIPT_BYTE,
    DMSCI_SCRIPT_NAME,     /* %NAME */
    DMSCI_SCRIPT_BUFFER,   /* G..Z, R, W with a slice or without */
    DMSCI_SCRIPT_NAME_LEN, /* <%NAME> */
    DMSCI_SCRIPT_BUFFER_LEN,
    DMSCI_SCRIPT_REST_LEN /* <?> */
};

/* One piece of an expression. */
struct dmsci_script_item {
    enum dmsci_script_item_kind kind;
    uint8_t value, mask; /* BYTE: X is a nibble 0 under the mask */
    struct dmsc_bytes name;
    char buffer;
    struct dmsci_script_slice slice;
};

/** The next piece. False at the end, or with r->bad and @p ret_why for what is none. */
bool dmsci_script_item(struct dmsc_rd *r, struct dmsci_script_item *ret_item, const char **ret_why);

enum dmsci_script_stmt_kind {
    DMSCI_SCRIPT_COMMAND,
    DMSCI_SCRIPT_DEFINE,
    DMSCI_SCRIPT_UNDEFINE,
    DMSCI_SCRIPT_UNDEFINE_ALL,
    DMSCI_SCRIPT_CALL,
    DMSCI_SCRIPT_SET,
    DMSCI_SCRIPT_APPEND,
    DMSCI_SCRIPT_INCREASE,
    DMSCI_SCRIPT_DECREASE,
    DMSCI_SCRIPT_DISPLAY,
    DMSCI_SCRIPT_SAY,
    DMSCI_SCRIPT_POWER_ON,
    DMSCI_SCRIPT_POWER_OFF,
    DMSCI_SCRIPT_SWITCH,
    DMSCI_SCRIPT_CASE,
    DMSCI_SCRIPT_DEFAULT,
    DMSCI_SCRIPT_BREAK,
    DMSCI_SCRIPT_ENDSWITCH,
    DMSCI_SCRIPT_BEGIN_LOOP,
    DMSCI_SCRIPT_LOOP,
    DMSCI_SCRIPT_NOTHING /* understood, and nothing to do here: .PAUSE, .LOAD */
};

/* A line, taken apart. Everything borrows from the line. */
struct dmsci_script_stmt {
    enum dmsci_script_stmt_kind kind;
    char buffer;
    struct dmsci_script_slice slice;
    struct dmsc_bytes name; /* of a definition; path of .CALL; text of a message */
    struct dmsc_bytes data; /* expression */
    bool has_expected, has_sw;
    struct dmsc_bytes expected; /* what stands between [ and ] */
    struct dmsc_bytes sw;       /* between ( and ) */
    bool warm;                  /* .POWER_ON /WARM */
    struct dmsci_script_number count;
};

/**
 * Understand a line without its comment. Total; every expression in it was looked at.
 * @return DMSC_E_MALFORMED with a reason in @p ret_why
 */
DMSC_NODISCARD enum dmsc_err dmsci_script_stmt(struct dmsc_bytes line,
                                               struct dmsci_script_stmt *ret_stmt,
                                               const char **ret_why);

/** Step through a list of status words, "9000, 91XX". False at the end or, with r->bad, when it is
 * none. */
bool dmsci_script_sw(struct dmsc_rd *r, uint16_t *ret_value, uint16_t *ret_mask);

/* A line of a file: where it stands, and the line that it belongs to: the .BEGIN_LOOP of a .LOOP,
 * the .SWITCH of a .CASE, the .ENDSWITCH of a .BREAK or .SWITCH, the file of a .CALL. */
struct dmsci_script_row {
    unsigned line;
    size_t at, n;
    size_t partner;
};

struct dmsci_script_file {
    struct dmsc_ctx *ctx;
    char *name;           /* as it is told and looked for */
    struct dmsc_buf text; /* of all rows, without comments */
    struct dmsci_script_row *rows;
    size_t count, cap;
};

/** Take a text apart. Pure: what it calls is not looked for. @param ret_file freed by the caller */
DMSC_NODISCARD enum dmsc_err dmsci_script_file(struct dmsc_ctx *ctx, const char *name,
                                               struct dmsc_bytes text,
                                               struct dmsci_script_file **ret_file);
void dmsci_script_file_free(struct dmsci_script_file *file);
struct dmsc_bytes dmsci_script_row_text(const struct dmsci_script_file *file, size_t row);
/** The story of a line that is none: file, line and reason. @return DMSC_E_MALFORMED */
enum dmsc_err dmsci_script_refuse(struct dmsc_ctx *ctx, const char *file, unsigned line,
                                  const char *why);

struct dmsc_script {
    struct dmsc_ctx *ctx;
    struct dmsci_script_file **files; /* the first one is where it begins */
    size_t count, cap;
};

/** Make room for one more. NULL when there is no memory; @p p is then as it was. */
void *dmsci_script_grow(struct dmsc_ctx *ctx, void *p, size_t size, size_t count, size_t *cap);

/* Bytes, some of which are not said: mask FF, F0, 0F or 00 under each. */
struct dmsci_script_value {
    struct dmsc_buf bytes, mask;
};

struct dmsci_script_define {
    struct dmsc_bytes name; /* borrows from the script */
    struct dmsci_script_value value;
    bool has_expected, has_sw;
    struct dmsci_script_value expected;
    struct dmsc_bytes sw; /* borrows from the script */
};

/* What a running script knows. */
struct dmsci_script_env {
    struct dmsc_ctx *ctx;
    struct dmsc_buf buffers[26]; /* by letter; R is the last response, W its status word */
    struct dmsci_script_define *defines;
    size_t count, cap;
    const char *why; /* of the last failure */
};

void dmsci_script_env_init(struct dmsci_script_env *env, struct dmsc_ctx *ctx);
void dmsci_script_env_clear(struct dmsci_script_env *env);
struct dmsc_buf *dmsci_script_buffer(struct dmsci_script_env *env, char letter);
struct dmsci_script_define *dmsci_script_find(struct dmsci_script_env *env, struct dmsc_bytes name);
DMSC_NODISCARD enum dmsc_err dmsci_script_define_set(struct dmsci_script_env *env,
                                                     const struct dmsci_script_stmt *stmt);
void dmsci_script_undefine(struct dmsci_script_env *env, struct dmsc_bytes name);
void dmsci_script_undefine_all(struct dmsci_script_env *env);

void dmsci_script_value_init(struct dmsci_script_value *value, struct dmsc_ctx *ctx);
void dmsci_script_value_clear(struct dmsci_script_value *value);
/** Append what @p expression stands for now. @return DMSC_E_MALFORMED (no such name, no such part),
 * DMSC_E_LIMIT; env->why has the sentence */
DMSC_NODISCARD enum dmsc_err dmsci_script_eval(struct dmsci_script_env *env,
                                               struct dmsc_bytes expression,
                                               struct dmsci_script_value *value);
/** As dmsci_script_eval(), for bytes that must all be said. */
DMSC_NODISCARD enum dmsc_err dmsci_script_eval_bytes(struct dmsci_script_env *env,
                                                     struct dmsc_bytes expression,
                                                     struct dmsc_buf *ret_bytes);
DMSC_NODISCARD enum dmsc_err dmsci_script_eval_number(struct dmsci_script_env *env,
                                                      const struct dmsci_script_number *number,
                                                      uint32_t *ret_number);
bool dmsci_script_matches(const struct dmsci_script_value *value, struct dmsc_bytes bytes);
/** .SET_BUFFER, .APPEND_BUFFER, .INCREASE_BUFFER, .DECREASE_BUFFER */
DMSC_NODISCARD enum dmsc_err dmsci_script_buffer_change(struct dmsci_script_env *env,
                                                        const struct dmsci_script_stmt *stmt);

#endif
