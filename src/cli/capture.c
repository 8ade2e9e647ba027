#include "cli/capture.h"

#include "cli/client.h"
#include "cli/pcapng.h"
#include "cli/screen.h"
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PACKET_MAX = 65535, DUMPED_LEN = 16 };

/* ---- copy capture: ---- */

struct copying {
    FILE *out;
    struct control_record packet; /* whose bytes are still coming */
    bool has_packet;
    uint8_t bytes[PACKET_MAX];
    size_t len;
    bool is_wrong; /* a packet that is no packet */
    struct text *why;
};

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c);

    return at == NULL ? -1 : (int)(at - digits);
}

static bool bytes_of_hex(const char *hex, uint8_t *bytes, size_t size, size_t *len)
{
    for (*len = 0; *hex != '\0' && *len < size; hex += 2) {
        int high = digit_of(hex[0]), low = high < 0 ? -1 : digit_of(hex[1]);

        if (low < 0)
            return false;
        bytes[(*len)++] = (uint8_t)(high << 4 | low);
    }
    return *hex == '\0';
}

static void write_packet(struct copying *copying)
{
    const struct control_record *r = &copying->packet;
    char comment[256];
    struct text t = text_of(comment, sizeof comment);

    if (!copying->has_packet)
        return;
    screen_packet_note(&t, r);
    pcapng_add(copying->out, record_number(r, COL_packet_at) * 1000000 + record_number(r, COL_packet_at_us),
               (uint32_t)record_number(r, COL_packet_len), bytes_of(copying->bytes, copying->len),
               bytes_of_text(comment));
    copying->has_packet = false;
}

static void take(void *context, const struct control_record *r)
{
    struct copying *copying = context;
    size_t len;

    if (r->kind == RECORD_error)
        text_add(copying->why, "%s", record_text(r, COL_error_sentence));
    if (r->kind != RECORD_packet && r->kind != RECORD_packet_more)
        return;
    if (r->kind == RECORD_packet) {
        write_packet(copying);
        copying->packet = *r;
        copying->len = 0;
        copying->has_packet = true;
    }
    const char *hex = record_text(r, r->kind == RECORD_packet ? COL_packet_bytes : COL_packet_more_bytes);
    if (!bytes_of_hex(hex, copying->bytes + copying->len, sizeof copying->bytes - copying->len, &len))
        copying->is_wrong = true;
    else
        copying->len += len;
}

static void say_errno(struct text *why, const char *file)
{
    text_add_escaped(why, bytes_of_text(file));
    text_add(why, ": %s", strerror(errno));
}

static bool copy_to(FILE *out, const char *socket_path, const char *name, struct text *why)
{
    const struct bytes words[] = {bytes_of_text("show"), bytes_of_text("capture"), bytes_of_text(name),
                                  bytes_of_text("dump")};
    struct copying copying = {.out = out, .why = why};

    pcapng_begin(out, PACKET_MAX);
    if (client_ask(socket_path, words, COUNT_OF(words), CONTROL_ONCE, take, &copying, why) != CLIENT_DONE)
        return false;
    write_packet(&copying);
    if (copying.is_wrong)
        text_add(why, "the gateway has sent a packet that cannot be read");
    return !copying.is_wrong;
}

bool capture_copy(const char *socket_path, const char *name, const char *file, struct text *why)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

    if (out == NULL) {
        say_errno(why, file);
        return false;
    }

    bool ok = copy_to(out, socket_path, name, why), is_written = !ferror(out);

    is_written = fclose(out) == 0 && is_written;
    if (ok && !is_written)
        say_errno(why, file);
    if (!ok || !is_written)
        unlink(file);
    return ok && is_written;
}

/* ---- show capture ---- */

void screen_packet_note(struct text *t, const struct control_record *packet)
{
    if (record_has(packet, COL_packet_drop))
        text_add(t, "Drop-reason: (%s) %s", record_text(packet, COL_packet_drop),
                 record_text(packet, COL_packet_drop_text));
    if (record_has(packet, COL_packet_opened))
        text_add(t, "%s", SOURCE_DECRYPTED_COPY);
    if (record_has(packet, COL_packet_kept) &&
        record_number(packet, COL_packet_kept) < record_number(packet, COL_packet_len))
        text_add(t, "%s[%lu of %lu bytes kept]", t->len > 0 ? " " : "",
                 (unsigned long)record_number(packet, COL_packet_kept),
                 (unsigned long)record_number(packet, COL_packet_len));
}

/* 0x0000   4500 0054 8f5a 4000 4001 2e4a 0a01 0005        E..T.Z@.@..J.... */
static void write_dump(FILE *out, struct screen_item item, const uint8_t *bytes, size_t len)
{
    for (size_t at = 0; at < len; at += DUMPED_LEN) {
        char space[128];
        struct text t = text_of(space, sizeof space);
        size_t end = len - at < DUMPED_LEN ? len : at + DUMPED_LEN;

        text_add(&t, "0x%04zx   ", at);
        for (size_t i = at; i < at + DUMPED_LEN; i++) {
            if (i < end)
                text_add(&t, "%02x", bytes[i]);
            else
                text_add(&t, "  ");
            if (i % 2)
                text_add(&t, " ");
        }
        text_add(&t, "       ");
        for (size_t i = at; i < end; i++)
            text_add(&t, "%c", bytes[i] > ' ' && bytes[i] < 0x7f ? bytes[i] : '.');
        item.part = bytes_of(t.data, t.len);
        screen_block(out, BLOCK_PACKET_LINE, &item);
    }
}

/* Its bytes are in the record at `index`, and in those behind it. */
static void write_bytes(FILE *out, struct screen_item item, const struct reply *reply, size_t index)
{
    static uint8_t bytes[PACKET_MAX];
    const char *hex = record_text(item.record, COL_packet_bytes);
    size_t sum = 0, len;

    for (size_t i = index; bytes_of_hex(hex, bytes + sum, sizeof bytes - sum, &len);) {
        sum += len;
        if (++i == reply->count || reply->records[i].kind != RECORD_packet_more)
            break;
        hex = record_text(&reply->records[i], COL_packet_more_bytes);
    }
    write_dump(out, item, bytes, sum);
}

void screen_captures(FILE *out, const struct reply *reply, bool has_packets, const struct screen_view *view)
{
    struct screen_item capture = {.view = view}, item = {.view = view};

    for (size_t i = 0; i < reply->count; i++) {
        item.record = &reply->records[i];
        if (item.record->kind == RECORD_capture) {
            capture.record = item.record;
            screen_block(out, has_packets ? BLOCK_CAPTURE_HEAD : BLOCK_CAPTURE, &item);
            if (!has_packets)
                screen_parts(out, BLOCK_CAPTURE_MATCH, record_text(item.record, COL_capture_match), "|", item);
        } else if (item.record->kind == RECORD_packet) {
            capture.packet_count++;

            bool is_dumped = record_has(item.record, COL_packet_bytes);

            screen_block(out, is_dumped ? BLOCK_PACKET_DUMPED : BLOCK_PACKET, &item);
            if (is_dumped)
                write_bytes(out, item, reply, i);
        } else if (item.record->kind == RECORD_packet_line) {
            screen_block(out, BLOCK_PACKET_DECODED, &item);
        }
    }
    if (has_packets && capture.record != NULL)
        screen_block(out, BLOCK_CAPTURE_END, &capture);
}
