/*
 * The names of the second stage of the inference: why does a client refuse? Four hypotheses, the
 * observations that speak for and against them, and the trust models that give their priors. The
 * numbers themselves are in struct tuning.
 */
#pragma once

/* Whom a fleet's apps trust, which decides what a refusal may mean. */
enum trust_model {
    TRUST_MODEL_UNKNOWN,
    TRUST_MODEL_IOS_MANAGED,
    TRUST_MODEL_ANDROID_USER,
    TRUST_MODEL_ANDROID_SYSTEM,
};

/* Row of the table of priors: the trust models, then browsers (told by browsers.yaml). */
enum prior {
    PRIOR_UNKNOWN = TRUST_MODEL_UNKNOWN,
    PRIOR_IOS_MANAGED = TRUST_MODEL_IOS_MANAGED,
    PRIOR_ANDROID_USER = TRUST_MODEL_ANDROID_USER,
    PRIOR_ANDROID_SYSTEM = TRUST_MODEL_ANDROID_SYSTEM,
    PRIOR_BROWSER,
};
#define PRIORS 5

enum hypothesis { HYPOTHESIS_PIN, HYPOTHESIS_APPCA, HYPOTHESIS_DEV, HYPOTHESIS_SITE };
#define HYPOTHESES 4

enum observation {
    OBSERVATION_DEV_ACCEPTS,
    OBSERVATION_DEV_NEVER,
    OBSERVATION_APP_ACCEPTS_OTHER,        /* the app key is private */
    OBSERVATION_APP_ACCEPTS_OTHER_SHARED, /* the app key is shared by many apps */
    OBSERVATION_APP_REJECTS_ALL,
    OBSERVATION_SITE_OK_OTHERS,
    OBSERVATION_SITE_REJECTED_BY_MANY,
    OBSERVATION_PEERS_REJECT,
    OBSERVATION_PEERS_ACCEPT,
    OBSERVATION_DIRECT_OK,
    OBSERVATION_EDR_TRUST_CUSTOM,
};
#define OBSERVATIONS 11

/* The spelling of the files: "unknown", "ios_managed"; "PIN"; "dev_accepts". */
const char *trust_model_describe(enum trust_model model);
const char *hypothesis_describe(enum hypothesis hypothesis);
const char *observation_describe(enum observation observation);
