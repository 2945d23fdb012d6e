#include "choices.h"

#include <string.h>

ambit_status ambit_choice_check(const char *key, int value, const char *choices) {
    int count = 0;
    for (const char *bar = choices; (bar = strchr(bar, '|')); bar++)
        count++;
    if (value >= 0 && value < count)
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG, "%s: there is no choice %d; give one of %.*s", key, value,
                      (int)strlen(choices) - 1, choices);
}
