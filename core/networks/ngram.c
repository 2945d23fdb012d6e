#include "ngram.h"

static const uint64_t fnv_start = 0xcbf29ce484222325u, fnv_prime = 0x100000001b3u;

/* The byte as part of a word, or 0 where it is none. */
static unsigned char letter_of(unsigned char byte) {
    if (byte >= 'A' && byte <= 'Z')
        return (unsigned char)(byte - 'A' + 'a');
    const int part = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 128;
    return part ? byte : 0;
}

/* Goes on with the hash of the next word; *caption moves behind it. 0 when there is none. */
static int hash_word(const unsigned char **caption, const unsigned char *end, uint64_t *hash) {
    const unsigned char *at = *caption;
    while (at < end && !letter_of(*at))
        at++;
    const unsigned char *start = at;
    for (unsigned char letter; at < end && (letter = letter_of(*at)) != 0; at++)
        *hash = (*hash ^ letter) * fnv_prime;
    *caption = at;
    return at > start;
}

/* Numbers of all runs of `length` words, from slot `used` on; returns the slots used then. */
static int64_t add_runs(const unsigned char *first, const unsigned char *end, int length,
                        int64_t slots, int64_t used, int64_t buckets, ambit_real *numbers) {
    while (used < slots) {
        const unsigned char *at = first;
        uint64_t hash = fnv_start;
        for (int word = 0; word < length; word++) {
            if (word > 0)
                hash = (hash ^ ' ') * fnv_prime;
            if (!hash_word(&at, end, &hash))
                return used;
            if (word == 0)
                first = at;
        }
        numbers[used++] = (ambit_real)(hash % (uint64_t)buckets);
    }
    return used;
}

void ambit_ngrams(const char *caption, size_t size, int64_t slots, int64_t buckets,
                  ambit_real *numbers) {
    const unsigned char *first = (const unsigned char *)caption;
    int64_t used = add_runs(first, first + size, 1, slots, 0, buckets, numbers);
    used = add_runs(first, first + size, 2, slots, used, buckets, numbers);
    while (used < slots)
        numbers[used++] = -1;
}
