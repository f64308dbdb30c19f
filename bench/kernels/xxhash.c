// xxHash, 64 and 32 bits: multiplications, rotations and loads. `run(n)` hashes
// 64 KiB n times with each.
#include "driver.h"
#define XXH_INLINE_ALL
#include "common/xxhash.h"

enum { LENGTH = 64 * 1024 };

EXPORT(run) int64_t run(int32_t n) {
    static uint8_t text[LENGTH];
    uint64_t hash = 6;
    fill_with_text(text, LENGTH, 6);
    for (int32_t round = 0; round < n; round++) {
        hash = XXH64(text, LENGTH, hash);
        hash ^= XXH32(text, LENGTH, (uint32_t)hash);
    }
    return hash;
}
