// Calls through a table: a chain of small functions chosen by data. `run(n)` makes
// n million calls.
#include "driver.h"

typedef uint32_t (*Step)(uint32_t);

static uint32_t add(uint32_t x) { return x + 0x9e3779b9; }
static uint32_t rotate(uint32_t x) { return x << 7 | x >> 25; }
static uint32_t multiply(uint32_t x) { return x * 0x85ebca6b; }
static uint32_t fold(uint32_t x) { return x ^ x >> 15; }
static uint32_t complement(uint32_t x) { return ~x; }
static uint32_t odd(uint32_t x) { return x | 1; }
static uint32_t swap(uint32_t x) { return x >> 16 | x << 16; }
static uint32_t subtract(uint32_t x) { return x - (x >> 3); }

static Step volatile steps[8] = {add, rotate, multiply, fold, complement, odd, swap, subtract};

EXPORT(run) int64_t run(int32_t n) {
    uint8_t order[256];
    uint32_t x = 11;
    random_state = 11;
    for (int i = 0; i < 256; i++) order[i] = random_next() & 7;
    for (int64_t i = 0; i < (int64_t)n * 1000000; i++) x = steps[order[i & 255]](x);
    return x;
}
