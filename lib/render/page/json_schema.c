/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/render/page/json_schema.h>
#include <stdio.h>

static json_t *reference(const struct shape *shape)
{
    char path[80];

    snprintf(path, sizeof(path), "#/$defs/%s", shape->name);
    return json_pack("{s:s}", "$ref", path);
}

static void define(json_t *defs, const struct shape *shape);

static json_t *field_schema(json_t *defs, const struct shape_field *field)
{
    json_t *schema = NULL, *words;

    switch (field->kind) {
    case SHAPE_BOOL:
        schema = json_pack("{s:s}", "type", "boolean");
        break;
    case SHAPE_ANSWER:
        schema = json_pack("{s:[s,s]}", "type", "boolean", "null");
        break;
    case SHAPE_COUNT:
        schema = json_pack("{s:[s,s], s:i}", "type", "integer", "null", "minimum", 0);
        break;
    case SHAPE_REAL:
        schema = json_pack("{s:[s,s]}", "type", "number", "null");
        break;
    case SHAPE_TEXT:
        schema = field->required ? json_pack("{s:s}", "type", "string")
                                 : json_pack("{s:[s,s]}", "type", "string", "null");
        break;
    case SHAPE_WORD:
        words = json_array();
        for (size_t i = 0; field->words[i]; i++)
            json_array_append_new(words, json_string(field->words[i]));
        if (!field->required)
            json_array_append_new(words, json_null());
        schema = json_pack("{s:o}", "enum", words);
        break;
    case SHAPE_TEXTS:
        schema = json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
        break;
    case SHAPE_TALLIES:
        schema = json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type", "integer");
        break;
    case SHAPE_MAP:
        schema = json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type", "string");
        break;
    case SHAPE_OBJECT:
        define(defs, field->of);
        schema = json_pack("{s:[o]}", "allOf", reference(field->of));
        break;
    case SHAPE_POINTER:
        define(defs, field->of);
        schema = json_pack("{s:[o,{s:s}]}", "anyOf", reference(field->of), "type", "null");
        break;
    case SHAPE_OBJECTS:
        define(defs, field->of);
        schema = json_pack("{s:s, s:o}", "type", "array", "items", reference(field->of));
        break;
    case SHAPE_KEYED:
        schema = json_pack("{s:s}", "type", "string");
        break;
    }
    if (schema && field->doc)
        json_object_set_new(schema, "description", json_string(field->doc));
    return schema;
}

/* Put the definition of `shape`, and of the shapes it holds, under its name. */
static void define(json_t *defs, const struct shape *shape)
{
    json_t *properties, *required, *patterns, *schema;

    if (json_object_get(defs, shape->name))
        return;
    schema = json_pack("{s:s, s:b}", "type", "object", "additionalProperties", 0);
    json_object_set_new(defs, shape->name, schema);
    properties = json_object();
    required = json_array();
    patterns = json_object();
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];
        char pattern[80];

        if (field->kind == SHAPE_KEYED) {
            snprintf(pattern, sizeof(pattern), "^%s[A-Z0-9-]+$", field->key);
            json_object_set_new(patterns, pattern, field_schema(defs, field));
        } else {
            json_object_set_new(properties, field->key, field_schema(defs, field));
            json_array_append_new(required, json_string(field->key));
        }
    }
    json_object_set_new(schema, "properties", properties);
    json_object_set_new(schema, "required", required);
    json_object_set_new(schema, "patternProperties", patterns);
}

/* The data of a command: one shape, or one of several. */
static json_t *data_schema(json_t *defs, const struct schema_command *command)
{
    json_t *choices;

    define(defs, command->data);
    if (!command->parts)
        return reference(command->data);
    choices = json_pack("[o]", reference(command->data));
    for (size_t i = 0; command->parts[i]; i++) {
        define(defs, command->parts[i]);
        json_array_append_new(choices, reference(command->parts[i]));
    }
    return json_pack("{s:o}", "anyOf", choices);
}

json_t *schema_make(const struct schema_command *commands, size_t count)
{
    json_t *defs = json_object(), *cases = json_array(), *root, *envelope, *properties;

    define(defs, &error_facts_shape);
    define(defs, &envelope_facts_shape);
    for (size_t i = 0; i < count; i++) {
        if (!commands[i].data)
            continue;
        json_array_append_new(cases, json_pack("{s:{s:{s:{s:s}}}, s:{s:{s:o}}}", "if", "properties",
                                               "command", "const", commands[i].name, "then", "properties",
                                               "data", data_schema(defs, &commands[i])));
    }
    envelope = json_object_get(defs, envelope_facts_shape.name);
    properties = json_object_get(envelope, "properties");
    json_object_set_new(json_object_get(properties, "schema"), "const", json_string(ENVELOPE_SCHEMA));
    json_object_set_new(properties, "error", reference(&error_facts_shape));
    json_object_set_new(properties, "data",
                        json_pack("{s:s, s:s}", "type", "object", "description", "what the command found"));
    root =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:[{s:[s]}, {s:[s]}], s:o}", "$schema",
                  "https://json-schema.org/draft/2020-12/schema", "$id", "urn:" ENVELOPE_SCHEMA, "title",
                  "What k8sdns prints with --json", "allOf", cases, "$ref", json_string("#/$defs/envelope"),
                  "anyOf", "required", "data", "required", "error", "$defs", defs);
    return root;
}
