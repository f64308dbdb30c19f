// PCRE2 without its JIT: an interpreter that backtracks. `run(n)` searches n KiB
// with three patterns.
#include "driver.h"
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pcre2.h"

static int64_t search(const char *pattern, const uint8_t *text, size_t length) {
    int error;
    PCRE2_SIZE at = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, 0, &error, &at, NULL);
    CHECK(code);
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    int64_t result = 0;
    for (at = 0; at < length;) {
        if (pcre2_match(code, text, length, at, 0, match, NULL) < 0) break;
        PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
        result = result * 31 + (int64_t)(ends[1] - ends[0]) + (int64_t)ends[0];
        at = ends[1] > at ? ends[1] : at + 1;
    }
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return result;
}

EXPORT(run) int64_t run(int32_t n) {
    size_t length = (size_t)n * 1024;
    uint8_t *text = malloc(length);
    fill_with_text(text, length, 7);
    int64_t result = search("\\b([a-z])[a-z]*\\1\\b", text, length);
    result = result * 131 + search("(?:[aeiou][^aeiou\\s]+){3,}", text, length);
    result = result * 131 + search("(\\w+) (\\w+) \\1", text, length);
    free(text);
    return result;
}
