"""The weather and the air of OpenWeather, and of Open-Meteo for the past."""
