// libsecp256k1: multiplications of large integers out of 64-bit ones. `run(n)`
// signs and verifies n messages.
#include "driver.h"
#include "secp256k1.h"
#include "secp256k1_preallocated.h"

// The crate puts a prefix before every name; the build passes it as a macro.
#define JOIN_(prefix, name) prefix##name
#define JOIN(prefix, name) JOIN_(prefix, name)
#define SECP(name) JOIN(SECP256K1_PREFIX, name)

void SECP(_default_illegal_callback_fn)(const char *text, void *data) {
    (void)text, (void)data;
    __builtin_trap();
}
void SECP(_default_error_callback_fn)(const char *text, void *data) {
    (void)text, (void)data;
    __builtin_trap();
}

EXPORT(run) int64_t run(int32_t n) {
    unsigned flags = SECP256K1_CONTEXT_NONE;
    void *room = malloc(SECP(_context_preallocated_size)(flags));
    SECP(_context) *context = SECP(_context_preallocated_create)(room, flags);
    SECP(_pubkey) public_key;
    SECP(_ecdsa_signature) signature;
    uint8_t secret[32], message[32], compact[64];
    int64_t result = 0;
    random_state = 12;
    for (int i = 0; i < 32; i++) secret[i] = 1 + random_next() % 250;
    CHECK(SECP(_ec_pubkey_create)(context, &public_key, secret));
    for (int32_t round = 0; round < n; round++) {
        for (int i = 0; i < 32; i++) message[i] = random_next();
        CHECK(SECP(_ecdsa_sign)(context, &signature, message, secret, NULL, NULL));
        CHECK(SECP(_ecdsa_verify)(context, &signature, message, &public_key));
        SECP(_ecdsa_signature_serialize_compact)(context, compact, &signature);
        result = checksum(result, compact, sizeof compact);
    }
    free(room);
    return result;
}
