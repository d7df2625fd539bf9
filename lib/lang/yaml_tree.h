/* SPDX-License-Identifier: MIT */
/*
 * yaml_tree: what other programs keep their rules in, as a tree.  A subset: no
 * aliases (they make much of little), no tags; everything is text.  The one
 * place that knows libyaml.  Never prints, never opens files.
 */
#ifndef NC_LANG_YAML_TREE_H
#define NC_LANG_YAML_TREE_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 2000000u

struct yaml_tree; /* a value; those inside it are borrowed from it */

enum yaml_tree_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

/* All documents, as one list of them.  NULL with "line N: why" in *e.  Owned:
 * yaml_tree_free(). */
struct yaml_tree *yaml_tree_read(struct span text, struct nc_err *e);
void yaml_tree_free(struct yaml_tree *y); /* NULL is fine */
enum yaml_tree_kind yaml_tree_kind(const struct yaml_tree *y);
/* Of a map; NULL when there is none, or y is no map or NULL. */
const struct yaml_tree *yaml_tree_member(const struct yaml_tree *y,
    const char *key);
/* Of a list or map, in their order; NULL behind the last.  key may be NULL. */
const struct yaml_tree *yaml_tree_at(const struct yaml_tree *y, size_t i,
    struct span *key);
/* What y says, or {NULL, 0} when it is no text or NULL. */
struct span yaml_tree_text(const struct yaml_tree *y);
int yaml_tree_line(const struct yaml_tree *y); /* from 1 */

#endif
