#include "config/hypothesis.h"

static const char *const trust_models[] = {
    [TRUST_MODEL_UNKNOWN] = "unknown",
    [TRUST_MODEL_IOS_MANAGED] = "ios_managed",
    [TRUST_MODEL_ANDROID_USER] = "android_user",
    [TRUST_MODEL_ANDROID_SYSTEM] = "android_system",
};

static const char *const hypotheses[HYPOTHESES] = {
    [HYPOTHESIS_PIN] = "PIN",
    [HYPOTHESIS_APPCA] = "APPCA",
    [HYPOTHESIS_DEV] = "DEV",
    [HYPOTHESIS_SITE] = "SITE",
};

static const char *const observations[OBSERVATIONS] = {
    [OBSERVATION_DEV_ACCEPTS] = "dev_accepts",
    [OBSERVATION_DEV_NEVER] = "dev_never",
    [OBSERVATION_APP_ACCEPTS_OTHER] = "app_accepts_other",
    [OBSERVATION_APP_ACCEPTS_OTHER_SHARED] = "app_accepts_other_shared",
    [OBSERVATION_APP_REJECTS_ALL] = "app_rejects_all",
    [OBSERVATION_SITE_OK_OTHERS] = "site_ok_others",
    [OBSERVATION_SITE_REJECTED_BY_MANY] = "site_rejected_by_many",
    [OBSERVATION_PEERS_REJECT] = "peers_reject",
    [OBSERVATION_PEERS_ACCEPT] = "peers_accept",
    [OBSERVATION_DIRECT_OK] = "direct_ok",
    [OBSERVATION_EDR_TRUST_CUSTOM] = "edr_trust_custom",
};

const char *trust_model_describe(enum trust_model model)
{
    return trust_models[model];
}

const char *hypothesis_describe(enum hypothesis hypothesis)
{
    return hypotheses[hypothesis];
}

const char *observation_describe(enum observation observation)
{
    return observations[observation];
}
