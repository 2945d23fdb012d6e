#include "names.h"

#include <string.h>

int shared_names_next(const char **list, shared_span *name) {
    const char *start = *list + strspn(*list, ", ");
    size_t size = strcspn(start, ",");
    *list = start + size;
    while (size > 0 && start[size - 1] == ' ')
        --size;
    *name = (shared_span){(const uint8_t *)start, size};
    return size > 0;
}

int shared_names_have(const char *list, const char *name) {
    const size_t size = strlen(name);
    shared_span found;
    while (shared_names_next(&list, &found))
        if (found.size == size && memcmp(found.data, name, size) == 0)
            return 1;
    return 0;
}
