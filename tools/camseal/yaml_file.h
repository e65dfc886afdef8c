/* A YAML file as a tree whose every node knows its line and column, for error lines that name them.
 * Knows nothing of what is in it. One thread. */
#ifndef CAMSEAL_TOOL_YAML_FILE_H
#define CAMSEAL_TOOL_YAML_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <yaml.h>

#include "printf_like.h"

typedef struct yaml_file {
    const char *verb, *path; /* borrowed */
    yaml_document_t document;
    bool open;
} yaml_file;

/* One document, not empty. Exit code; the error line was printed. */
int yaml_file_open(yaml_file *f, const char *verb, const char *path);
/* The same from an open file, which stays open; `path` is its name for people. */
int yaml_file_read(yaml_file *f, const char *verb, const char *path, FILE *file);
void yaml_file_close(yaml_file *f);

const yaml_node_t *yaml_file_root(yaml_file *f);
/* Prints "FILE: line L, column C: ..." and returns the exit code of a file that is wrong. */
int yaml_fault(const yaml_file *f, const yaml_node_t *at, const char *format, ...)
    CAMSEAL_PRINTF_LIKE(3, 4);
size_t yaml_line(const yaml_node_t *node);
/* "LINE, column C" for people. */
void yaml_place(const yaml_node_t *node, char text[64]);

/* The text of a scalar; NULL for anything else. */
const char *yaml_text(const yaml_node_t *node);
/* Entries of a list or pairs of a mapping; 0 for anything else. */
size_t yaml_count(const yaml_node_t *node);
/* NULL when the node is no list or is shorter. */
const yaml_node_t *yaml_entry(yaml_file *f, const yaml_node_t *node, size_t i);
/* The key's text, and its nodes; NULL when the node is no mapping or is shorter. */
const char *yaml_pair(yaml_file *f, const yaml_node_t *node, size_t i, const yaml_node_t **key,
                      const yaml_node_t **value);
bool yaml_is_list(const yaml_node_t *node);
bool yaml_is_map(const yaml_node_t *node);

#endif
