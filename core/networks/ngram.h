/* A caption as a bag of hashed n-grams: its words and its pairs of neighbouring words, each by a
 * number below `buckets` (Joulin et al., "Bag of tricks for efficient text classification", 2017).
 * There is no vocabulary to learn, store or run out of; two n-grams may share a number. */
#ifndef AMBIT_CORE_NETWORKS_NGRAM_H
#define AMBIT_CORE_NETWORKS_NGRAM_H

#include "../base/real.h"

#include <stddef.h>
#include <stdint.h>

/* Writes the numbers of up to `slots` n-grams of a caption of `size` bytes, all words first, and −1
 * into the slots left over: all are −1 where there is no word.
 * A word is a run of letters and digits; A to Z count as a to z, and bytes from 128 on (UTF-8) as
 * letters. Numbers are the 64-bit FNV-1a hash modulo buckets, 1 to 2²⁴; they depend on nothing
 * else, so they may be stored. */
void ambit_ngrams(const char *caption, size_t size, int64_t slots, int64_t buckets,
                  ambit_real *numbers);

#endif
