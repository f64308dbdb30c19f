// zlib, level 6: hash chains, Huffman coding, CRC-32. `run(n)` packs and unpacks
// n KiB.
#include "driver.h"
#include "zlib.h"

EXPORT(run) int64_t run(int32_t n) {
    uLong length = (uLong)n * 1024, bound = compressBound(length), packed = bound, unpacked = length;
    uint8_t *text = malloc(length), *there = malloc(bound), *back = malloc(length);
    fill_with_text(text, length, 4);
    CHECK(compress2(there, &packed, text, length, 6) == Z_OK);
    CHECK(uncompress(back, &unpacked, there, packed) == Z_OK);
    CHECK(unpacked == length && memcmp(text, back, length) == 0);
    int64_t result = checksum(packed, there, packed) ^ (int64_t)crc32(0, back, length) << 32;
    free(text), free(there), free(back);
    return result;
}
