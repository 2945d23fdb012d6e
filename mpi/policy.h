/* A trained policy: weights, normalisation and sampler, ready to act. Not collective. */
#ifndef AMBIT_MPI_POLICY_H
#define AMBIT_MPI_POLICY_H

#include "checkpoint.h"
#include "config/settings.h"

typedef struct ambit_policy ambit_policy;

/* Builds a policy that acts for `batch` worlds at a time. Weights (count floats) and the
 * description, which a checkpoint gave, belong to the caller and outlive the policy. AMBIT_CONFIG
 * when they do not fit the settings' network.
 *
 * The policy sees a state, and the sentence that the settings give (eval.caption). What else it was
 * trained on is missing, which AMBIT_CONFIG refuses where the network cannot do without. */
ambit_status ambit_policy_create(const ambit_settings *settings, const ambit_checkpoint *trained,
                                 const float *weights, int64_t count, int64_t batch,
                                 ambit_policy **policy);
void ambit_policy_destroy(ambit_policy *policy);

/* Numbers of one row: observations (all observation steps), actions. */
int64_t ambit_policy_observation_size(const ambit_policy *policy);
int64_t ambit_policy_action_size(const ambit_policy *policy);

/* Plans for every row: observations[batch × observation size], raw, are normalised in place;
 * references[batch × action size] are what relative actions add to (unused where actions are
 * absolute); streams[batch] give each row its noise. chunks[batch × horizon × action size] receives
 * actions as the environment takes them. */
ambit_status ambit_policy_act(ambit_policy *policy, float *observations, const float *references,
                              ambit_rng *streams, float *chunks);

#endif
