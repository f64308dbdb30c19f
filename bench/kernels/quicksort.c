// Sorting in place: branches that are hard to foresee, recursion. `run(n)` sorts
// n thousand integers.
#include "driver.h"

static void sort(int32_t *first, int32_t *last) {
    while (last - first > 16) {
        int32_t pivot = first[(last - first) / 2], *left = first, *right = last - 1;
        while (left <= right) {
            while (*left < pivot) left++;
            while (*right > pivot) right--;
            if (left <= right) {
                int32_t swap = *left;
                *left++ = *right;
                *right-- = swap;
            }
        }
        sort(first, right + 1);
        first = left;
    }
    for (int32_t *at = first + 1; at < last; at++) {
        int32_t value = *at, *hole = at;
        for (; hole > first && hole[-1] > value; hole--) *hole = hole[-1];
        *hole = value;
    }
}

EXPORT(run) int64_t run(int32_t n) {
    size_t count = (size_t)n * 1000;
    int32_t *values = malloc(count * sizeof *values);
    random_state = 10;
    for (size_t i = 0; i < count; i++) values[i] = (int32_t)random_next();
    sort(values, values + count);
    int64_t result = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(i == 0 || values[i - 1] <= values[i]);
        result = result * 31 + values[i];
    }
    free(values);
    return result;
}
