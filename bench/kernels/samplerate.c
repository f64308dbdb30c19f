// libsamplerate: interpolated convolution in floating point. `run(n)` converts n
// blocks of 1024 stereo frames from 44.1 to 48 kHz.
#include "driver.h"
#include "samplerate.h"

enum { FRAMES = 1024 };

EXPORT(run) int64_t run(int32_t n) {
    static float in[2 * FRAMES], out[4 * FRAMES];
    int error;
    SRC_STATE *state = src_new(SRC_SINC_MEDIUM_QUALITY, 2, &error);
    CHECK(state);
    random_state = 8;
    double sum = 0;
    for (int32_t block = 0; block < n; block++) {
        for (int i = 0; i < 2 * FRAMES; i++)
            in[i] = (float)((int32_t)(random_next() & 0xffff) - 0x8000) / 65536.0f;
        SRC_DATA data = {
            .data_in = in, .data_out = out, .input_frames = FRAMES, .output_frames = 2 * FRAMES,
            .src_ratio = 48000.0 / 44100.0, .end_of_input = block + 1 == n,
        };
        CHECK(src_process(state, &data) == 0);
        for (long i = 0; i < 2 * data.output_frames_gen; i++) sum += out[i] * (double)(i % 7 - 3);
    }
    src_delete(state);
    return (int64_t)(sum * 1e9);
}
