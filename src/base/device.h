/* The names of interfaces on the devices (devices.def), and what is typed for them. */
#ifndef BASE_DEVICE_H
#define BASE_DEVICE_H

#include "base/arena.h"
#include "base/text.h"

enum { DEVICE_NAME_SIZE = 64 };

/* In full: "gi0/1" and "gigabitethernet 0/1" are GigabitEthernet0/1. Nothing is added when it is no such name. */
void text_add_device(struct text *t, struct bytes typed);

/* The same, and what is no such name as it is. */
struct bytes device_in_full(struct bytes typed, struct arena *arena);

/* What is typed means the interface of that name; other names are as they are typed. */
bool device_is_meant(struct bytes name, struct bytes typed);

#endif
