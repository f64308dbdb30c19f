// LZ4: bound by memory. `run(n)` packs and unpacks 256 KiB n times.
#include "driver.h"
#include "lz4.h"

enum { LENGTH = 256 * 1024 };

EXPORT(run) int64_t run(int32_t n) {
    int bound = LZ4_compressBound(LENGTH), packed = 0;
    char *text = malloc(LENGTH), *there = malloc(bound), *back = malloc(LENGTH);
    fill_with_text((uint8_t *)text, LENGTH, 3);
    for (int32_t round = 0; round < n; round++) {
        packed = LZ4_compress_default(text, there, LENGTH, bound);
        CHECK(packed > 0);
        CHECK(LZ4_decompress_safe(there, back, packed, LENGTH) == LENGTH);
    }
    CHECK(memcmp(text, back, LENGTH) == 0);
    int64_t result = checksum(packed, there, packed);
    free(text), free(there), free(back);
    return result;
}
