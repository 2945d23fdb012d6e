#include "environment_check.h"

ambit_status ambit_environment_check(const ambit_settings *settings) {
    ambit_plugin *plugin;
    if (!*settings->environment.plugin)
        return AMBIT_OK;
    AMBIT_TRY(ambit_plugin_load(AMBIT_PLUGIN_ENVIRONMENT, settings->environment.plugin, &plugin));
    ambit_status status = ambit_plugin_check_settings(plugin, settings->environment.options,
                                                      settings->environment.option_count);
    ambit_plugin_unload(plugin);
    return status;
}
