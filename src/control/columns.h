/* The columns of all records, in the order of records.def: COL_<record>_<column>. Included by record.h. */
#ifndef CONTROL_COLUMNS_H
#define CONTROL_COLUMNS_H

enum control_column {
#define RECORD(...)
#define COLUMN(record, name, ...) COL_##record##_##name,
#include "control/records.def"
#undef RECORD
#undef COLUMN
    COLUMN_COUNT
};

#endif
