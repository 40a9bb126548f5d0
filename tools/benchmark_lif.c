/* The best plain C for the benchmark's layer: 784 -> 400, weights Q1.7, membrane Q8.8, leak (15 v) >> 4 with floor,
 * saturate, fire at v >= 1.0, subtract. Compiled with -O3 -march=native, which vectorises the loops over neurons.
 *
 * Eight weight rows are added at a time into int16 sums: 255 rows of magnitude 128 or less surely fit. Rows are
 * bytes, WIDTH of them with zeros at the end: whole cache lines and no odd neurons for the compiler to unroll. The
 * row after the last is zeros and stands for what is missing to eight. `add_eight` must not be inlined: GCC 12 would
 * jam several turns of the loop around it into one and be ten times slower. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WIDTH = (NEURONS + 63) / 64 * 64, MOST_ROWS = 248 };

/* list the active inputs; 64 bytes of 0 and 1 become a mask of 64 bits */
static int active(uint16_t *restrict list, const uint8_t *restrict row) {
    int count = 0, i = 0;
    for (; i + 64 <= INPUTS; i += 64) {
        uint64_t mask = 0, eight;
        for (int k = 0; k < 64; k += 8) {
            memcpy(&eight, row + i + k, 8);
            mask |= (eight * 0x0102040810204080u >> 56) << k;
        }
        for (; mask; mask &= mask - 1) list[count++] = (uint16_t)(i + __builtin_ctzll(mask));
    }
    for (; i < INPUTS; i++) {
        list[count] = (uint16_t)i; /* overwritten unless active */
        count += row[i];
    }
    return count;
}

__attribute__((noinline)) static void add_eight(int16_t *restrict sum, const int8_t *restrict weights,
                                                const uint16_t *restrict list) {
    const int8_t *restrict a = weights + (size_t)list[0] * WIDTH, *restrict b = weights + (size_t)list[1] * WIDTH;
    const int8_t *restrict c = weights + (size_t)list[2] * WIDTH, *restrict d = weights + (size_t)list[3] * WIDTH;
    const int8_t *restrict e = weights + (size_t)list[4] * WIDTH, *restrict f = weights + (size_t)list[5] * WIDTH;
    const int8_t *restrict g = weights + (size_t)list[6] * WIDTH, *restrict h = weights + (size_t)list[7] * WIDTH;
    for (int n = 0; n < WIDTH; n++)
        sum[n] = (int16_t)(sum[n] + a[n] + b[n] + c[n] + d[n] + e[n] + f[n] + g[n] + h[n]);
}

static void add_rows(int16_t *restrict sum, const int8_t *restrict weights, const uint16_t *restrict list, int count) {
    memset(sum, 0, WIDTH * sizeof *sum);
    for (int k = 0; k < count; k += 8) add_eight(sum, weights, list + k);
}

static int32_t saturate(int32_t x) { return x > 32767 ? 32767 : x < -32768 ? -32768 : x; }

/* out uint8[images][steps][NEURONS], raster uint8[images][steps][INPUTS] of 0 and 1, weights int8[INPUTS + 1][WIDTH],
 * best at the start of a cache line */
void lif(uint8_t *restrict out, const uint8_t *restrict raster, const int8_t *restrict weights, int images, int steps) {
    uint16_t list[INPUTS + 8];
    int16_t sum[WIDTH] __attribute__((aligned(64))), v[NEURONS] __attribute__((aligned(64)));
    int32_t total[NEURONS];
    for (int image = 0; image < images; image++) {
        memset(v, 0, sizeof v);
        for (int step = 0; step < steps; step++, raster += INPUTS, out += NEURONS) {
            int count = active(list, raster), wide = count > MOST_ROWS;
            while (count % 8) list[count++] = INPUTS;
            add_rows(sum, weights, list, wide ? MOST_ROWS : count);
            if (wide) {
                for (int n = 0; n < NEURONS; n++) total[n] = sum[n];
                for (int first = MOST_ROWS; first < count; first += MOST_ROWS) {
                    add_rows(sum, weights, list + first, count - first < MOST_ROWS ? count - first : MOST_ROWS);
                    for (int n = 0; n < NEURONS; n++) total[n] += sum[n];
                }
            }
            for (int n = 0; n < NEURONS; n++) {
                int32_t u = ((15 * v[n]) >> 4) + saturate(2 * (wide ? total[n] : sum[n]));
                u = saturate(u);
                int fires = u >= 256;
                v[n] = (int16_t)(u - (fires ? 256 : 0));
                out[n] = (uint8_t)fires;
            }
        }
    }
}
