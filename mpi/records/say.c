#include "say.h"

#include "../../core/base/status.h"
#include "../../core/base/text.h"

#include <stdarg.h>

void ambit_say(FILE *out, const char *format, ...) {
    char raw[AMBIT_MESSAGE_SIZE + 512], shown[AMBIT_TEXT_GROWTH * sizeof raw];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(raw, sizeof raw, format, arguments);
    va_end(arguments);
    fputs(ambit_text_shown(raw, "\n", shown, sizeof shown), out);
}

const char *ambit_plural(int64_t count) {
    return count == 1 ? "" : "s";
}
