/* Plugins that are refused before they are opened: compiled once a fault, with
 * -DFAULT=AT_fault -DNAME="fault", to ambit_source_fault.so. */
#include "ambit_plugin.h"

enum {
    AT_no_symbol = 1, /* made by renaming the function */
    AT_unresolved,
    AT_null,
    AT_magic,
    AT_major,
    AT_minor,
    AT_small,
    AT_large,
    AT_kind,
    AT_kind_unknown,
    AT_name,
    AT_name_letters,
    AT_version,
    AT_summary,
    AT_location,
    AT_open,
    AT_capability,
    AT_option_table,
    AT_option_count,
    AT_option_size,
    AT_option_name,
    AT_option_twice,
    AT_option_type,
    AT_option_help,
    AT_option_bounds,
    AT_option_choices,
    AT_option_no_default,
    AT_option_default,
    AT_option_default_choice
};

#define IF(fault, bad, good) (FAULT == AT_##fault ? (bad) : (good))

int ambit_missing_function(void);

static int open_refused(const ambit_host *host, const char *location,
                        const ambit_option_value *options, const void **ops, void **self) {
    (void)host, (void)location, (void)options, (void)ops, (void)self;
    return IF(unresolved, ambit_missing_function(), 1);
}

static const ambit_option options[] = {
    {.name = IF(option_name, "Count", "count"),
     .type = IF(option_type, 5, AMBIT_OPTION_INTEGER),
     .initial = IF(option_default, "12 apples", "12"),
     .minimum = IF(option_bounds, 2, 0),
     .maximum = IF(option_bounds, 1, 20),
     .choices = IF(option_choices, "1|2", NULL),
     .help = IF(option_help, "two\nlines", "how many")},
    {.name = IF(option_twice, "count", "fruit"),
     .type = AMBIT_OPTION_TEXT,
     .initial = IF(option_no_default, NULL, IF(option_default_choice, "plum", "pear")),
     .choices = "apple|pear",
     .help = "which"}};

static const ambit_plugin_info info = {
    .magic = IF(magic, 0x4c4c414eu, AMBIT_PLUGIN_MAGIC),
    .abi_major = IF(major, AMBIT_ABI_MAJOR + 1, AMBIT_ABI_MAJOR),
    .abi_minor = IF(minor, AMBIT_ABI_MINOR + 1, AMBIT_ABI_MINOR),
    .struct_size = IF(small, offsetof(ambit_plugin_info, open), IF(large, 4096, sizeof info)),
    .kind = IF(kind, AMBIT_PLUGIN_ENVIRONMENT, IF(kind_unknown, 7, AMBIT_PLUGIN_SOURCE)),
    .name = IF(name, "other", IF(name_letters, "Not a name", NAME)),
    .version = IF(version, "", "1.0"),
    .licence = "MIT",
    .summary = IF(summary, NULL, "a plugin that is refused"),
    .capabilities = IF(capability, 4, 0),
    .options = IF(option_table, NULL, options),
    .option_count = IF(option_count, 100000, 2),
    .option_size = IF(option_size, 8, sizeof options[0]),
    .open = IF(open, NULL, open_refused),
    .location = IF(location, "a folder\nof files", NULL)};

const ambit_plugin_info *ambit_plugin_query(void) {
    return IF(null, NULL, &info);
}
