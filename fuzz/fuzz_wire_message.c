/* What is read and written again reads the same: the message, its SA payload, each payload with a layout. Everything is
 * printed too, for the lines that are printed while a message is refused have broken more daemons than the reading.
 *
 * The first byte chooses: even, the rest is a datagram; odd, the rest is an opened payload chain behind the type in the
 * second byte. */
#include "base/check.h"
#include "wire/fragment.h"
#include "wire/message.h"
#include "wire/natt.h"
#include "wire/payloads.h"
#include "wire/print.h"
#include "wire/proposal.h"
#include "wire/vendor.h"

#include <string.h>

enum { SPACE_SIZE = 70000, BLOCK_LEN = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t space[SPACE_SIZE];
static uint8_t body_space[SPACE_SIZE];

static struct bytes message_write(const struct message *m)
{
    struct writer w = writer_of(space, sizeof space);
    struct message_writer out = message_begin(&w, &m->header);

    for (size_t i = 0; i < m->payload_count; i++)
        message_add(&out, m->payloads[i].type, m->payloads[i].body);
    return message_end(&out);
}

static bool transform_reads_the_same(const struct sa_transform *a, const struct sa_transform *b)
{
    return a->number == b->number && a->id == b->id && a->fault == b->fault && a->present == b->present &&
           a->encryption == b->encryption && a->hash == b->hash && a->auth == b->auth && a->group == b->group &&
           a->key_len == b->key_len && a->encapsulation == b->encapsulation && a->esn == b->esn &&
           a->has_seconds == b->has_seconds && a->has_kilobytes == b->has_kilobytes &&
           a->life_seconds == b->life_seconds && a->life_kilobytes == b->life_kilobytes;
}

static void sa_check_same(const struct sa_payload *a, const struct sa_payload *b)
{
    CHECK(a->proposal_count == b->proposal_count && a->transform_count == b->transform_count);
    for (size_t i = 0; i < a->proposal_count; i++) {
        const struct sa_proposal *p = &a->proposals[i], *q = &b->proposals[i];
        CHECK(p->number == q->number && p->protocol == q->protocol && bytes_equal(p->spi, q->spi));
        CHECK(p->first_transform == q->first_transform && p->transform_count == q->transform_count);
    }
    for (size_t i = 0; i < a->transform_count; i++)
        CHECK(transform_reads_the_same(&a->transforms[i], &b->transforms[i]));
}

/* With the bytes that came: exactly they again. From the decoded fields: the same meaning, where every transform has
 * one. */
static void sa_check(struct bytes body)
{
    struct sa_payload sa, again;
    struct writer w = writer_of(body_space, sizeof body_space);
    bool has_fault = false;

    if (sa_read(&sa, body))
        return;
    sa_write(&w, &sa);
    CHECK(bytes_equal(writer_bytes(&w), body));
    CHECK(!sa_read(&again, writer_bytes(&w)));
    sa_check_same(&sa, &again);
    for (size_t i = 0; i < sa.transform_count; i++) {
        has_fault = has_fault || sa.transforms[i].fault;
        sa.transforms[i].attributes = (struct bytes){0};
    }
    if (has_fault)
        return;
    w = writer_of(body_space, sizeof body_space);
    sa_write(&w, &sa);
    CHECK(writer_is_ok(&w) && !sa_read(&again, writer_bytes(&w)));
    sa_check_same(&sa, &again);
}

#define BODY_CHECK(name)                                                                                               \
    static void name##_check(struct bytes body)                                                                        \
    {                                                                                                                  \
        struct name##_type value, again;                                                                               \
        struct writer w = writer_of(body_space, sizeof body_space);                                                    \
        if (name##_read(&value, body))                                                                                 \
            return;                                                                                                    \
        name##_write(&w, &value);                                                                                      \
        CHECK(writer_is_ok(&w) && w.len <= body.len && memcmp(w.data, body.data, w.len) == 0);                         \
        CHECK(bytes_are_zero(bytes_after(body, w.len)));                                                               \
        CHECK(!name##_read(&again, writer_bytes(&w)));                                                                 \
        w = writer_of(body_space, sizeof body_space);                                                                  \
        name##_write(&w, &again);                                                                                      \
        CHECK(writer_is_ok(&w));                                                                                       \
    }

#define id_type id
#define cert_type cert
#define cr_type cert
#define notify_type notify
#define delete_type delete
#define config_type config
#define nat_oa_type nat_oa
#define fragment_type fragment
BODY_CHECK(id)
BODY_CHECK(cert)
BODY_CHECK(cr)
BODY_CHECK(notify)
BODY_CHECK(delete)
BODY_CHECK(config)
BODY_CHECK(nat_oa)
BODY_CHECK(fragment)

/* An identity that is a range comes back as the same range by the identity that we make of it. */
static void range_check(struct bytes body)
{
    struct id id;
    struct ip_range range, again;
    uint8_t data[ID_DATA_MAX];

    if (id_read(&id, body) || !id_to_range(&id, &range))
        return;
    struct id ours = id_of_range(range, id.protocol, id.port, data);
    CHECK(id_to_range(&ours, &again) && ip_range_equal(range, again));
}

static void body_check(const struct payload *p)
{
    switch (p->type) {
    case PL_SA: sa_check(p->body); break;
    case PL_ID: id_check(p->body), range_check(p->body); break;
    case PL_CERT: cert_check(p->body); break;
    case PL_CR: cr_check(p->body); break;
    case PL_NOTIFY: notify_check(p->body); break;
    case PL_DELETE: delete_check(p->body); break;
    case PL_ATTR: config_check(p->body); break;
    case PL_NAT_OA: nat_oa_check(p->body); break;
    case PL_FRAGMENT: fragment_check(p->body); break;
    case PL_VID: vendor_of(p->body); break;
    default: break;
    }
}

static void print_check(const struct message *m)
{
    static char printed[300000];
    struct text t = text_of(printed, sizeof printed);

    text_add_message(&t, m);
    text_add_message_payloads(&t, m);
    for (size_t i = 0; i < t.len; i++)
        CHECK(printed[i] == '\n' || (printed[i] >= ' ' && printed[i] <= '~'));
}

static void message_check(const struct message *m)
{
    struct message again;

    print_check(m);
    for (size_t i = 0; i < m->payload_count; i++)
        body_check(&m->payloads[i]);
    struct bytes written = message_write(m);
    CHECK(!wire_header_read(&again, written));
    CHECK(!wire_payloads_read(&again, again.header.first_payload, bytes_after(written, HEADER_LEN),
                              (struct allowance){0}));
    CHECK(message_equal(m, &again));
    CHECK(bytes_equal(m->chain, again.chain));
}

static void datagram_check(struct bytes datagram)
{
    struct message m;
    struct bytes inner;

    natt_classify(datagram, &inner);
    enum wire_fault fault = wire_message_read(&m, datagram);
    CHECK(wire_fault_meaning(fault)[0] != '\0');
    if (fault)
        print_check(&m);
    else
        message_check(&m);
}

static void opened_check(uint8_t first_payload, struct bytes chain)
{
    static const uint8_t header[HEADER_LEN] = {1, [17] = 0x10, XCHG_QUICK, FLAG_ENCRYPTION, 0, 0, 0, 1,
                                               0, 0,           0,          HEADER_LEN};
    struct message m;

    CHECK(!wire_header_read(&m, BYTES_OF(header)));
    if (!wire_payloads_read(&m, first_payload, chain, (struct allowance){.padding_max = BLOCK_LEN}))
        message_check(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 2)
        return 0;
    if (data[0] % 2 == 0)
        datagram_check(bytes_of(data + 1, len - 1));
    else
        opened_check(data[1], bytes_of(data + 2, len - 2));
    return 0;
}
