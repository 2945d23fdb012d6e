/* Choices by name: an enum, and the words that stand for its values in a configuration, from one
 * list. A choice is added by adding it there.
 *
 *     #define AMBIT_SAMPLER_KINDS(X) X(AMBIT_SAMPLER_DDIM, ddim) X(AMBIT_SAMPLER_ANCESTRAL,
 * ancestral) typedef enum { AMBIT_SAMPLER_KINDS(AMBIT_CHOICE_CONSTANT) } ambit_sampler_kind;
 *
 * and AMBIT_CHOICES(AMBIT_SAMPLER_KINDS) is "ddim|ancestral|".
 */
#ifndef AMBIT_CORE_BASE_CHOICES_H
#define AMBIT_CORE_BASE_CHOICES_H

#include "status.h"

#define AMBIT_CHOICE_CONSTANT(constant, word) constant,
#define AMBIT_CHOICE_WORD(constant, word) #word "|"
#define AMBIT_CHOICES(list) list(AMBIT_CHOICE_WORD)

/* AMBIT_CONFIG, "KEY: …", where `value` is the place of none of the words in `choices`. `key` is
 * that of the configuration. */
ambit_status ambit_choice_check(const char *key, int value, const char *choices);

#endif
