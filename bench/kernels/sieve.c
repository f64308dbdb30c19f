// The sieve of Eratosthenes: bytes in memory, strides. `run(n)` counts the primes
// below n thousand.
#include "driver.h"

EXPORT(run) int64_t run(int32_t n) {
    uint32_t limit = (uint32_t)n * 1000, count = 0;
    uint8_t *composite = calloc(limit, 1);
    for (uint32_t i = 2; i < limit; i++) {
        if (composite[i]) continue;
        count++;
        for (uint64_t k = (uint64_t)i * i; k < limit; k += i) composite[k] = 1;
    }
    free(composite);
    return count;
}
