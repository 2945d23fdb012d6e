#include "limits.h"

ambit_status ambit_limit_check(const char *key, double value, double least, double most,
                               int above) {
    if (value >= least && value <= most && !(above && value == least))
        return AMBIT_OK;
    return ambit_fail(AMBIT_CONFIG, "%s: %.10g; give a number %s %.10g %s %.10g", key, value,
                      above ? "above" : "from", least, above ? "and up to" : "to", most);
}
