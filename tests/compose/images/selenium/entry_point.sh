#!/bin/sh
# Starts the grid with one node, from the SE_NODE_* variables of the official image.
set -eu
cat >/opt/selenium/config.toml <<TOML
[node]
detect-drivers = false
max-sessions = $SE_NODE_MAX_SESSIONS
override-max-sessions = $SE_NODE_OVERRIDE_MAX_SESSIONS

[[node.driver-configuration]]
display-name = "chrome"
stereotype = '{"browserName": "chrome", "platformName": "linux", "goog:chromeOptions": {"binary": "/usr/bin/chromium"}}'
max-sessions = $SE_NODE_MAX_SESSIONS
webdriver-executable = "/usr/bin/chromedriver"
TOML
exec java -Xmx512m -Dwebdriver.chrome.driver=/usr/bin/chromedriver -Dwebdriver.http.factory=jdk-http-client \
    -cp '/opt/selenium/lib/*' org.openqa.selenium.grid.Bootstrap standalone \
    --host 0.0.0.0 --config /opt/selenium/config.toml
