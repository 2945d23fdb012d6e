#include "number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char thin_space[] = "\xe2\x80\x89";

/* 12345678 → "12 345 678". */
static void write_whole(double value, char *text) {
    char digits[32];
    snprintf(digits, sizeof digits, "%.0f", fabs(value));
    size_t count = strlen(digits), at = 0;
    if (value < 0)
        text[at++] = '-';
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0 && count > 4) {
            memcpy(text + at, thin_space, 3);
            at += 3;
        }
        text[at++] = digits[i];
    }
    text[at] = 0;
}

/* 3.1e12 → "3.1·10¹²". */
static void write_power(double value, char *text) {
    static const char *const raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    int exponent = (int)floor(log10(fabs(value)));
    double mantissa = value / pow(10, exponent);
    int length = fabs(fabs(mantissa) - 1) < 5e-3
                     ? snprintf(text, AMBIT_NUMBER_SIZE, "%s10", value < 0 ? "-" : "")
                     : snprintf(text, AMBIT_NUMBER_SIZE, "%.3g·10", mantissa);
    char digits[16];
    snprintf(digits, sizeof digits, "%d", exponent);
    for (const char *digit = digits; *digit; digit++)
        length += snprintf(text + length, AMBIT_NUMBER_SIZE - (size_t)length, "%s",
                           *digit == '-' ? "⁻" : raised[*digit - '0']);
}

void ambit_number_write(double value, char text[AMBIT_NUMBER_SIZE]) {
    double size = fabs(value);
    if (!isfinite(value))
        snprintf(text, AMBIT_NUMBER_SIZE, "–");
    else if (size < 1e7 && (size >= 999.5 || value == floor(value)))
        write_whole(value, text);
    else if (size >= 1e7 || size < 1e-4)
        write_power(value, text);
    else
        snprintf(text, AMBIT_NUMBER_SIZE, "%.3g", value);
}

void ambit_number_interval(const ambit_interval *interval, double scale,
                           char mean[AMBIT_NUMBER_SIZE], char bounds[AMBIT_NUMBER_SIZE]) {
    double half = (interval->high - interval->low) / 2 * scale;
    bounds[0] = 0;
    if (!isfinite(half) || !(half > 0) || !isfinite(interval->mean)) {
        ambit_number_write(interval->mean * scale, mean);
        return;
    }
    int exponent = (int)floor(log10(half));
    int decimals = -exponent + (half / pow(10, exponent) < 3);
    decimals = decimals < 0 ? 0 : decimals > 6 ? 6 : decimals;
    snprintf(mean, AMBIT_NUMBER_SIZE, "%.*f", decimals, interval->mean * scale);
    snprintf(bounds, AMBIT_NUMBER_SIZE, "[%.*f, %.*f]", decimals, interval->low * scale, decimals,
             interval->high * scale);
}

double ambit_number_step(double span, int pieces) {
    double unit = pow(10, floor(log10(span / pieces)));
    double ratio = span / pieces / unit;
    return unit * (ratio >= 5 ? 5 : ratio >= 2 ? 2 : 1);
}
