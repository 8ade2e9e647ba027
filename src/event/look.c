#include "event/look.h"

static const uint8_t looks[FIELD_IDS] = {
#define LOOK(field, look) [FIELD_##field] = LOOK_##look,
#define LOOK_AT(...)
#include "event/looks.def"
#undef LOOK
#undef LOOK_AT
};

static const struct {
    enum event_kind kind;
    enum event_field_id id;
    enum look look;
} others[] = {
#define LOOK(...)
#define LOOK_AT(kind, field, look) {EV_##kind, FIELD_##field, LOOK_##look},
#include "event/looks.def"
#undef LOOK
#undef LOOK_AT
};

enum look look_of(enum event_kind kind, enum event_field_id id)
{
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (others[i].kind == kind && others[i].id == id)
            return others[i].look;
    return (enum look)looks[id];
}

static uint64_t value_of(const struct event *e, const struct event_field *field)
{
    switch (event_field_type((enum event_field_id)field->id)) {
    case FIELD_TYPE_NUMBER: return field->number;
    case FIELD_TYPE_IP: return look_mix_bytes(0, &field->ip, sizeof field->ip);
    case FIELD_TYPE_TEXT: return look_mix_bytes(0, e->text + field->text.at, field->text.len);
    }
    return 0;
}

static bool is_something(const struct event_field *field)
{
    switch (event_field_type((enum event_field_id)field->id)) {
    case FIELD_TYPE_NUMBER: return field->number != 0;
    case FIELD_TYPE_IP: return ip_is_set(field->ip);
    case FIELD_TYPE_TEXT: return field->text.len != 0;
    }
    return false;
}

static bool has_responder_cookie(const struct event *e)
{
    const char *cookies = event_text(e, FIELD_COOKIES);

    return strlen(cookies) != 32 || strcmp(cookies + 16, "0000000000000000") != 0;
}

uint64_t event_look(const struct event *e, const struct ip *own)
{
    uint64_t digest = look_mix(0x51ed270b7a1c9d35u, e->kind);

    for (size_t i = 0; i < e->field_count; i++) {
        const struct event_field *field = &e->fields[i];
        uint64_t id = (uint64_t)field->id << 8;

        switch (look_of((enum event_kind)e->kind, (enum event_field_id)field->id)) {
        case LOOKED_AT_OTHERWISE: return 0;
        case LOOK_NEVER: break;
        case LOOK_WHETHER: digest = look_mix(digest, id | is_something(field)); break;
        case LOOK_VALUE: digest = look_mix(look_mix(digest, id), value_of(e, field)); break;
        case LOOK_END: digest = look_mix(digest, id | (memcmp(&field->ip, own, sizeof *own) == 0)); break;
        case LOOK_COOKIES: digest = look_mix(digest, id | has_responder_cookie(e)); break;
        }
    }
    return digest | 1;
}
