"""West African flight and weather data, collected exactly once."""
