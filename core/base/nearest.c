#include "nearest.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

static int same(char one, char other) {
    return tolower((unsigned char)one) == tolower((unsigned char)other);
}

static int least(int a, int b, int c) {
    int low = a < b ? a : b;
    return low < c ? low : c;
}

int ambit_edit_distance(const char *one, const char *other) {
    const size_t rows = strlen(one), columns = strlen(other);
    if (rows > AMBIT_NEAREST_LONGEST || columns > AMBIT_NEAREST_LONGEST)
        return AMBIT_NEAREST_LONGEST + 1;
    int table[3][AMBIT_NEAREST_LONGEST + 1]; /* the last three rows: swaps look two rows back */
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = (int)j;
    for (size_t i = 1; i <= rows; i++) {
        int *row = table[i % 3], *before = table[(i + 2) % 3], *two_before = table[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= columns; j++) {
            row[j] = least(before[j] + 1, row[j - 1] + 1,
                           before[j - 1] + !same(one[i - 1], other[j - 1]));
            if (i > 1 && j > 1 && same(one[i - 1], other[j - 2]) && same(one[i - 2], other[j - 1]))
                row[j] = least(row[j], row[j], two_before[j - 2] + 1);
        }
    }
    return table[rows % 3][columns];
}

int ambit_nearest(const char *word, const char *const *candidates, int count) {
    const size_t length = strlen(word);
    int found = -1, best = length < 3 ? (int)length : (int)length / 3 + 1;
    for (int i = 0; i < count && length <= AMBIT_NEAREST_LONGEST; i++) {
        int distance = candidates[i] ? ambit_edit_distance(word, candidates[i]) : best;
        if (distance < best) {
            best = distance;
            found = i;
        }
    }
    return found;
}
