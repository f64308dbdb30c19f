// Zstandard, level 5: match finding and entropy coding. `run(n)` packs n KiB and
// unpacks them four times.
#include "driver.h"
#include "zstd.h"

EXPORT(run) int64_t run(int32_t n) {
    size_t length = (size_t)n * 1024, bound = ZSTD_compressBound(length);
    uint8_t *text = malloc(length), *there = malloc(bound), *back = malloc(length);
    fill_with_text(text, length, 2);
    size_t packed = ZSTD_compress(there, bound, text, length, 5);
    CHECK(!ZSTD_isError(packed));
    for (int round = 0; round < 4; round++)
        CHECK(ZSTD_decompress(back, length, there, packed) == length);
    CHECK(memcmp(text, back, length) == 0);
    int64_t result = checksum(packed, there, packed);
    free(text), free(there), free(back);
    return result;
}
