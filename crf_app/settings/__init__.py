"""What belongs to the computer and not to the study: folders, preferences, log, safe files."""

from crf_app.settings.diagnostics import log_file, protect_process, start_log, stop_log, write_diagnostic
from crf_app.settings.files import one_at_a_time, storage_refusal, write_file
from crf_app.settings.folders import home_folder, make_home, refuse_network_folder
from crf_app.settings.preferences import Preferences, read_preferences, write_preferences

__all__ = [
    "Preferences",
    "home_folder",
    "log_file",
    "make_home",
    "one_at_a_time",
    "protect_process",
    "read_preferences",
    "refuse_network_folder",
    "start_log",
    "stop_log",
    "storage_refusal",
    "write_diagnostic",
    "write_file",
    "write_preferences",
]
