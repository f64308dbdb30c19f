// BLAKE3, the portable C: hashing with sixteen and more live words. `run(n)`
// hashes 64 KiB n times.
#include "driver.h"
#include "blake3.h"

enum { LENGTH = 64 * 1024 };

EXPORT(run) int64_t run(int32_t n) {
    static uint8_t text[LENGTH];
    uint8_t digest[BLAKE3_OUT_LEN] = {0};
    fill_with_text(text, LENGTH, 5);
    for (int32_t round = 0; round < n; round++) {
        blake3_hasher hasher;
        blake3_hasher_init(&hasher);
        blake3_hasher_update(&hasher, digest, sizeof digest);
        blake3_hasher_update(&hasher, text, LENGTH);
        blake3_hasher_finalize(&hasher, digest, sizeof digest);
    }
    return checksum(0, digest, sizeof digest);
}
