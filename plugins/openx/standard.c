#include "standard.h"

#include <inttypes.h>
#include <string.h>

/* Rule 2 above; `gripper` is the last of OPENX_ACTION_SIZE elements of each step. */
static void binarise_gripper(const float *action, int64_t steps, float *gripper) {
    enum { GRIPPER = OPENX_ACTION_SIZE - 1 };
    float decided = action[(steps - 1) * OPENX_ACTION_SIZE + GRIPPER];
    for (int64_t t = steps; t-- > 0;) {
        float value = action[t * OPENX_ACTION_SIZE + GRIPPER];
        if (value > 0.95f)
            decided = 1;
        else if (value < 0.05f)
            decided = 0;
        if (t < steps - 1)
            gripper[t * OPENX_ACTION_SIZE + GRIPPER] = decided;
    }
}

static void convert_bridge(const float *action, const float *state, int64_t steps,
                           float *action_out, float *proprio_out) {
    enum { STATE = 7, MOTION = 6 };
    action += OPENX_ACTION_SIZE;
    state += STATE;
    binarise_gripper(action, steps - 1, action_out);
    for (int64_t t = 0; t < steps - 2; ++t) {
        const float *now = state + t * STATE, *next = now + STATE;
        float *proprio = proprio_out + t * OPENX_PROPRIO_SIZE;
        for (int d = 0; d < MOTION; ++d)
            action_out[t * OPENX_ACTION_SIZE + d] = next[d] - now[d];
        memcpy(proprio, now, MOTION * sizeof *proprio);
        proprio[MOTION] = 0;
        proprio[MOTION + 1] = now[MOTION];
    }
}

/* 5 Hz: Walke et al., "BridgeData V2: A Dataset for Robot Learning at Scale", CoRL 2023. */
static const openx_standard standards[] = {
    {"bridge",
     {"bridge_dataset", "bridge_orig"},
     "action",
     "observation/state",
     7,
     7,
     1,
     1,
     0.2,
     convert_bridge},
};
enum { STANDARD_COUNT = sizeof standards / sizeof *standards };

static const openx_standard *find(const char *choice, const char *data_set) {
    int automatic = strcmp(choice, "auto") == 0;
    for (int s = 0; s < STANDARD_COUNT; ++s) {
        if (strcmp(standards[s].name, choice) == 0)
            return &standards[s];
        for (int d = 0; automatic && standards[s].data_sets[d]; ++d)
            if (strcmp(standards[s].data_sets[d], data_set) == 0)
                return &standards[s];
    }
    return NULL;
}

static int check_feature(const ambit_host *host, const openx_standard *standard,
                         const openx_features *features, const char *name, int64_t length) {
    int64_t index = openx_features_find(features, name);
    if (index < 0)
        return host->fail(host->context, AMBIT_FAULT_OPTION,
                          "standardisation '%s' needs feature 'steps/%s', which features.json does "
                          "not have or option skip leaves out; set option standardise to none",
                          standard->name, name);
    const openx_field *field = &features->fields[index];
    if (field->dtype->element != AMBIT_F32 || field->length != length)
        return host->fail(host->context, AMBIT_FAULT_OPTION,
                          "standardisation '%s' needs %" PRId64 " floats in feature '%s', but "
                          "features.json has %" PRId64 " of %s; set option standardise to none",
                          standard->name, length, field->key, field->length, field->dtype->name);
    return 0;
}

int openx_standard_choose(const ambit_host *host, const char *choice, const char *data_set,
                          const openx_features *features, const openx_standard **standard) {
    const openx_standard *found = find(choice, data_set);
    *standard = found;
    if (!found && strcmp(choice, "auto") == 0)
        host->log(host->context, AMBIT_LOG_INFO,
                  "no standardisation is known for data set '%s': fields are as stored", data_set);
    if (!found)
        return 0;
    int code = check_feature(host, found, features, found->action, found->action_size);
    return code ? code : check_feature(host, found, features, found->state, found->state_size);
}
