#include "yaml_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

static int parse(yaml_file *f, yaml_parser_t *parser)
{
    if (!yaml_parser_load(parser, &f->document))
        return cli_fail(f->verb, CAMSEAL_E_FORMAT, "%s: line %zu, column %zu: %s%s%s", f->path,
                        parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                        parser->context ? parser->context : "", parser->context ? ": " : "",
                        parser->problem ? parser->problem : "not YAML");
    f->open = true;
    if (!yaml_document_get_root_node(&f->document))
        return cli_fail(f->verb, CAMSEAL_E_FORMAT, "%s: line 1, column 1: nothing is in it",
                        f->path);
    return CLI_EXIT_OK;
}

int yaml_file_read(yaml_file *f, const char *verb, const char *path, FILE *file)
{
    yaml_parser_t parser;
    f->verb = verb;
    f->path = path;
    f->open = false;
    if (!yaml_parser_initialize(&parser))
        return cli_fail(verb, CAMSEAL_E_BUG, "out of memory");
    yaml_parser_set_input_file(&parser, file);
    int code = parse(f, &parser);
    yaml_parser_delete(&parser);
    return code;
}

int yaml_file_open(yaml_file *f, const char *verb, const char *path)
{
    f->open = false;
    FILE *file = fopen(path, "rb");
    if (!file)
        return cli_fail(verb, CAMSEAL_E_FILE, "%s: cannot open: %s", path, strerror(errno));
    int code = yaml_file_read(f, verb, path, file);
    fclose(file);
    return code;
}

void yaml_file_close(yaml_file *f)
{
    if (f->open)
        yaml_document_delete(&f->document);
    f->open = false;
}

const yaml_node_t *yaml_file_root(yaml_file *f)
{
    return yaml_document_get_root_node(&f->document);
}

size_t yaml_line(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

void yaml_place(const yaml_node_t *node, char text[64])
{
    snprintf(text, 64, "line %zu, column %zu", yaml_line(node), node->start_mark.column + 1);
}

int yaml_fault(const yaml_file *f, const yaml_node_t *at, const char *format, ...)
{
    char text[512], place[64];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    yaml_place(at, place);
    return cli_fail(f->verb, CAMSEAL_E_FORMAT, "%s: %s: %s", f->path, place, text);
}

const char *yaml_text(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

bool yaml_is_list(const yaml_node_t *node)
{
    return node && node->type == YAML_SEQUENCE_NODE;
}

bool yaml_is_map(const yaml_node_t *node)
{
    return node && node->type == YAML_MAPPING_NODE;
}

size_t yaml_count(const yaml_node_t *node)
{
    if (yaml_is_list(node))
        return (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (yaml_is_map(node))
        return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return 0;
}

const yaml_node_t *yaml_entry(yaml_file *f, const yaml_node_t *node, size_t i)
{
    if (!yaml_is_list(node) || i >= yaml_count(node))
        return NULL;
    return yaml_document_get_node(&f->document, node->data.sequence.items.start[i]);
}

const char *yaml_pair(yaml_file *f, const yaml_node_t *node, size_t i, const yaml_node_t **key,
                      const yaml_node_t **value)
{
    if (!yaml_is_map(node) || i >= yaml_count(node))
        return NULL;
    const yaml_node_pair_t *pair = &node->data.mapping.pairs.start[i];
    *key = yaml_document_get_node(&f->document, pair->key);
    *value = yaml_document_get_node(&f->document, pair->value);
    const char *text = yaml_text(*key);
    return text ? text : ""; /* a list as a key: nobody knows that name */
}
