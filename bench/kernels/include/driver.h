// What every driver shares: data that is made, not shipped, and a checksum.
#ifndef DRIVER_H
#define DRIVER_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name)))

// A driver that finds its library misbehaving must not return a figure.
#define CHECK(condition) do { if (!(condition)) __builtin_trap(); } while (0)

static uint64_t random_state;

static inline uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

// Text of made-up words, frequent ones first, so that it compresses like prose.
static inline void fill_with_text(uint8_t *out, size_t length, uint64_t seed) {
    static char words[512][12];
    random_state = seed | 1;
    for (size_t word = 0; word < 512; word++) {
        size_t letters = 2 + random_next() % 9;
        for (size_t i = 0; i < letters; i++) words[word][i] = 'a' + random_next() % 26;
        words[word][letters] = 0;
    }
    size_t at = 0;
    while (at < length) {
        uint64_t draw = random_next();
        const char *word = words[(draw & 511) * ((draw >> 9) & 511) >> 9];
        while (*word && at < length) out[at++] = *word++;
        if (at < length) out[at++] = (draw >> 40) % 11 == 0 ? '\n' : ' ';
    }
}

static inline uint64_t checksum(uint64_t hash, const void *data, size_t length) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < length; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}
#endif
