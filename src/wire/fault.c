#include "wire/fault.h"

#include "base/check.h"

static const struct {
    const char *name, *meaning;
} faults[] = {
    {"OK", "nothing is wrong"},
#define FAULT(name, meaning) {#name, meaning},
#include "wire/faults.def"
#undef FAULT
};

const char *wire_fault_name(enum wire_fault fault)
{
    CHECK(fault < WIRE_FAULT_COUNT);
    return faults[fault].name;
}

const char *wire_fault_meaning(enum wire_fault fault)
{
    CHECK(fault < WIRE_FAULT_COUNT);
    return faults[fault].meaning;
}
