#include "processor.h"

#include <stdio.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>

/* Leaves 0x80000002 to 0x80000004 of CPUID: 48 bytes, with a 0 at the end, blanks around it. */
static void read_brand(char brand[AMBIT_PROCESSOR_SIZE]) {
    for (unsigned leaf = 0; leaf < 3; leaf++) {
        unsigned words[4] = {0};
        if (!__get_cpuid(0x80000002u + leaf, &words[0], &words[1], &words[2], &words[3]))
            return;
        memcpy(brand + leaf * sizeof words, words, sizeof words);
    }
}
#else
static void read_brand(char brand[AMBIT_PROCESSOR_SIZE]) {
    (void)brand;
}
#endif

void ambit_processor_name(char name[AMBIT_PROCESSOR_SIZE]) {
    char brand[AMBIT_PROCESSOR_SIZE] = "";
    read_brand(brand);
    const char *first = brand + strspn(brand, " ");
    size_t length = strlen(first);
    while (length > 0 && first[length - 1] == ' ')
        length--;
    if (length == 0)
        snprintf(name, AMBIT_PROCESSOR_SIZE, "unknown processor");
    else
        snprintf(name, AMBIT_PROCESSOR_SIZE, "%.*s", (int)length, first);
}
