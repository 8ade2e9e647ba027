/* What the parts of the page share: explain_html.c has the frame and the verdict. Not for other files. */
#ifndef CLI_EXPLAIN_PAGE_H
#define CLI_EXPLAIN_PAGE_H

#include "cli/explain_parts.h"

enum { PAGE_LINES_MAX = 160 };

/* A line that is pointed at. */
struct page_line {
    uint16_t source;
    uint32_t number;
    const char *text;
};

struct page {
    FILE *out;
    const struct explain *x;
    size_t index; /* of the negotiation */
    struct page_line lines[PAGE_LINES_MAX];
    size_t line_count;
};

/* Printable ASCII, and none of it markup. */
void page_put(FILE *out, const char *text);
void page_put_ip(FILE *out, struct ip ip, const char *unknown);

/* "asa.log line 9..27", a link to the line below. `name` is what the file is called here. */
void page_put_where(struct page *p, const char *name, uint16_t source, uint32_t line, uint32_t last, uint32_t count);

/* Both ends and what passed between them, as a drawing; below it each message with what it holds. */
void page_write_ladder(struct page *p, const struct report_negotiation *n);
void page_write_messages(struct page *p, const struct report_negotiation *n);

/* What goes to the other company: what was seen, what is believed, and what they are asked for. */
void page_write_sheet(struct page *p, const struct report_negotiation *n);

#endif
