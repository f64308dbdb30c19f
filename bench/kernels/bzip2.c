// bzip2: block sorting and Huffman coding. `run(n)` packs and unpacks n KiB.
#include "driver.h"
#include "bzlib.h"

void bz_internal_error(int code) { (void)code; __builtin_trap(); }

EXPORT(run) int64_t run(int32_t n) {
    unsigned length = (unsigned)n * 1024, packed = length + length / 100 + 600, unpacked = length;
    uint8_t *text = malloc(length), *there = malloc(packed), *back = malloc(length);
    fill_with_text(text, length, 1);
    CHECK(BZ2_bzBuffToBuffCompress((char *)there, &packed, (char *)text, length, 9, 0, 30) == BZ_OK);
    CHECK(BZ2_bzBuffToBuffDecompress((char *)back, &unpacked, (char *)there, packed, 0, 0) == BZ_OK);
    CHECK(unpacked == length && memcmp(text, back, length) == 0);
    int64_t result = checksum(packed, there, packed);
    free(text), free(there), free(back);
    return result;
}
